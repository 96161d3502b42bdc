internal import CYAML

/// A step of libyaml's parser.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case streamEnd
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        case other
    }

    let kind: Kind
    let anchor: String?
    let line: Int
}

/// libyaml's parser over a text that outlives it.
@safe final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// A parser of UTF-8; `nil` without memory.
    ///
    /// The buffer must outlive it.
    @unsafe init?(_ input: UnsafeBufferPointer<UInt8>) {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        guard unsafe yaml_parser_initialize(parser) == 1 else { return nil }
        // Without a given encoding it skips a byte order mark.
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// The next event; after the stream's end, that again.
    func next() throws(YAMLError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { unsafe yaml_event_delete(&event) }
        let (kind, anchor) = unsafe Self.content(event)
        return YAMLEvent(kind: kind, anchor: anchor, line: unsafe Int(event.start_mark.line) + 1)
    }

    private static func content(_ event: yaml_event_t) -> (YAMLEvent.Kind, anchor: String?) {
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, nil)
        case YAML_NO_EVENT, YAML_STREAM_END_EVENT: return (.streamEnd, nil)
        case YAML_ALIAS_EVENT: return (.alias(unsafe text(event.data.alias.anchor) ?? ""), nil)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length))
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return (
                .scalar(unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain), unsafe text(scalar.anchor)
            )
        case YAML_SEQUENCE_START_EVENT: return (.sequenceStart, unsafe text(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, nil)
        case YAML_MAPPING_START_EVENT: return (.mappingStart, unsafe text(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, nil)
        default: return (.other, nil)
        }
    }

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        unsafe bytes.map { unsafe String(cString: $0) }
    }

    private var problem: YAMLError {
        let words = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "there is no memory"
        // What cannot be read as characters has an offset only.
        let hasLine = unsafe parser.pointee.error == YAML_SCANNER_ERROR || parser.pointee.error == YAML_PARSER_ERROR
        return .invalid(words, line: hasLine ? unsafe Int(parser.pointee.problem_mark.line) + 1 : nil)
    }
}
