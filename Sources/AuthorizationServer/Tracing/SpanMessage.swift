import OAuthProtocol

/// OTLP 1.x, `ExportTraceServiceRequest` in JSON: ids are hexadecimal, numbers of 64 bits are strings.
struct SpanMessage {
    let resource: [(name: String, value: Span.Value)]
    let spans: [Span]

    var body: [UInt8] {
        let message: JSONObject = [
            "resourceSpans": [
                [
                    "resource": ["attributes": Self.attributes(resource)],
                    "scopeSpans": [
                        ["scope": ["name": "gatehouse"], "spans": .array(spans.map { .object(Self.json($0)) })]
                    ],
                ]
            ]
        ]
        return message.serialized()
    }

    /// `partialSuccess.rejectedSpans` of an answer; 0 for one that does not say it.
    static func rejectedCount(_ body: [UInt8]) -> Int {
        // An answer that is no JSON rejects nothing.
        guard let answer = try? JSONParser.parse(body),
            let count = answer.objectValue?["partialSuccess"]?.objectValue?["rejectedSpans"]
        else { return 0 }
        return max(0, count.integerValue ?? count.stringValue.flatMap { Int($0) } ?? 0)
    }

    private static func json(_ span: Span) -> JSONObject {
        var json: JSONObject = [
            "traceId": .string(span.context.traceID), "spanId": .string(span.context.spanID),
            "name": .string(span.name), "kind": .integer(span.kind.rawValue),
            "startTimeUnixNano": .string(String(span.context.origin &+ span.time.start)),
            "endTimeUnixNano": .string(String(span.context.origin &+ span.time.end)),
        ]
        if let parent = span.context.parentID { json["parentSpanId"] = .string(parent) }
        if !span.attributes.isEmpty { json["attributes"] = attributes(span.attributes) }
        // STATUS_CODE_ERROR.
        if span.isFailed { json["status"] = ["code": 2] }
        return json
    }

    private static func attributes(_ attributes: [(name: String, value: Span.Value)]) -> JSONValue {
        .array(
            attributes.map { name, value in
                let written: JSONObject =
                    switch value {
                    case .text(let text): ["stringValue": .string(text)]
                    case .integer(let integer): ["intValue": .string(String(integer))]
                    }
                return ["key": .string(name), "value": .object(written)]
            }
        )
    }
}
