/// YAML 1.1, as libyaml reads it: a text, a list or a map, and the line where it begins.
///
/// Tags mean nothing here, and an alias is the node that it names.
package struct YAMLNode: Equatable, Sendable {
    /// What the node is.
    package enum Content: Equatable, Sendable {
        /// A text; a plain one has no quotes and is no block.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([YAMLNode])
        /// A map in its written order, no two of whose keys are the same text.
        case mapping([Entry])
    }

    /// One key of a map and what belongs to it.
    package struct Entry: Equatable, Sendable {
        /// The key, usually a scalar.
        package let key: YAMLNode
        /// What belongs to it.
        package let value: YAMLNode
    }

    /// What the node is.
    package let content: Content
    /// Where it begins, counted from 1; an alias has its anchor's line.
    package let line: Int
}

/// Why a text is no YAML that is accepted here.
package enum YAMLError: Error, Equatable, Sendable {
    /// The text breaks a rule of YAML: which one, in libyaml's words, and where, if that is known.
    case invalid(String, line: Int?)
    /// A map has a key twice; the line of the second one.
    case repeatedKey(String, line: Int)
}
