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
    private var anchors: [String: YAMLNode] = [:]
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
        let root = try node(try events.next())
        // The document's end.
        _ = try events.next()
        let rest = try events.next()
        guard case .streamEnd = rest.kind else {
            throw .invalid("there is more than one document", line: rest.line)
        }
        return root
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> YAMLNode {
        guard depth < Self.depthMax else { throw .invalid("lists and maps are nested too deeply", line: event.line) }
        depth += 1
        defer { depth -= 1 }
        let content: YAMLNode.Content
        switch event.kind {
        case .alias(let name):
            guard let node = anchors[name] else { throw .invalid("found undefined alias", line: event.line) }
            return node
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequenceStart: content = .sequence(try elements())
        case .mappingStart: content = .mapping(try entries())
        case .documentStart, .sequenceEnd, .mappingEnd, .streamEnd, .other:
            throw .invalid("did not find expected node content", line: event.line)
        }
        let node = YAMLNode(content: content, line: event.line)
        if let anchor = event.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func elements() throws(YAMLError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            nodes.append(try node(event))
        }
    }

    private mutating func entries() throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var names: Set<String> = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            let key = try node(event)
            if case .scalar(let name, _) = key.content, !names.insert(name).inserted {
                throw .repeatedKey(name, line: event.line)
            }
            entries.append(YAMLNode.Entry(key: key, value: try node(try events.next())))
        }
    }
}
