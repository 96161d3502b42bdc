/// Reads one document.
///
/// A few aliases can mean millions of nodes, which share their memory here: a reader of the tree needs a bound.
package enum YAMLReader {
    /// The document's node; `nil` for a text without a document.
    ///
    /// - Throws: ``YAMLError`` for the first rule that the text breaks, and for a second document.
    package static func read(_ text: String) throws(YAMLError) -> YAMLNode? {
        let bytes = Array(text.utf8)
        return try unsafe bytes.withUnsafeBufferPointer { (input) throws(YAMLError) in
            guard let events = unsafe YAMLEvents(input) else { throw .invalid("there is no memory", line: nil) }
            var composer = YAMLComposer(events: events)
            return try composer.document()
        }
    }
}

/// Makes nodes of events.
struct YAMLComposer {
    private let events: YAMLEvents
    /// A node and how many levels it has.
    private typealias Measured = (node: YAMLNode, height: Int)

    private var anchors: [String: Measured] = [:]
    private var depth = 0

    /// The deepest nesting: each level is a call inside another one.
    private static let depthMax = 200

    init(events: YAMLEvents) {
        self.events = events
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        // The stream's beginning.
        _ = try events.next()
        guard case .documentStart = try events.next().kind else { return nil }
        let root = try node(try events.next()).node
        // The document's end.
        _ = try events.next()
        let rest = try events.next()
        guard case .streamEnd = rest.kind else {
            throw .invalid("there is more than one document", line: rest.line)
        }
        return root
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> Measured {
        guard depth < Self.depthMax else { throw Self.tooDeep(event) }
        depth += 1
        defer { depth -= 1 }
        let content: YAMLNode.Content
        var height = 0
        switch event.kind {
        case .alias(let name):
            guard let aliased = anchors[name] else { throw .invalid("found undefined alias", line: event.line) }
            // Aliases of aliases would nest without a bound, and the tree is released level by level.
            guard depth + aliased.height <= Self.depthMax else { throw Self.tooDeep(event) }
            return aliased
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequenceStart: content = .sequence(try elements(&height))
        case .mappingStart: content = .mapping(try entries(&height))
        case .documentStart, .sequenceEnd, .mappingEnd, .streamEnd, .other:
            throw .invalid("did not find expected node content", line: event.line)
        }
        let measured = (node: YAMLNode(content: content, line: event.line), height: height + 1)
        if let anchor = event.anchor { anchors[anchor] = measured }
        return measured
    }

    private static func tooDeep(_ event: YAMLEvent) -> YAMLError {
        .invalid("lists and maps are nested too deeply", line: event.line)
    }

    private mutating func elements(_ height: inout Int) throws(YAMLError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            nodes.append(try child(event, &height))
        }
    }

    private mutating func entries(_ height: inout Int) throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var names: Set<String> = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            let key = try child(event, &height)
            if case .scalar(let name, _) = key.content, !names.insert(name).inserted {
                throw .repeatedKey(name, line: event.line)
            }
            entries.append(YAMLNode.Entry(key: key, value: try child(try events.next(), &height)))
        }
    }

    private mutating func child(_ event: YAMLEvent, _ height: inout Int) throws(YAMLError) -> YAMLNode {
        let measured = try node(event)
        height = max(height, measured.height)
        return measured.node
    }
}
