import HTTPTypes

/// RFC 9112 §4: responses as bytes, with the engine's own framing.
enum ResponseSerializer {
    /// Appends a whole response to the buffer; `common` has the lines that every response has.
    static func append(
        _ response: Response,
        to output: inout [UInt8],
        common: [UInt8],
        isHead: Bool = false,
        closes: Bool
    ) {
        if let head = response.preparedHead {
            output.append(contentsOf: head)
        } else {
            let mark = output.count
            guard appendHead(of: response, to: &output) else {
                // A responder put a line break into a field: none of it may reach the wire (response splitting).
                output.removeSubrange(mark...)
                append(internalError, to: &output, common: common, isHead: isHead, closes: true)
                return
            }
        }
        // RFC 9110 §8.6: no Content-Length with 1xx and 204, and none that could mislead with 304.
        if mayHaveBody(response.status) {
            output.append("Content-Length: ")
            output.append(decimal: response.body.count)
            output.append("\r\n")
        }
        output.append(contentsOf: common)
        if closes { output.append("Connection: close\r\n") }
        output.append("\r\n")
        if !isHead, mayHaveBody(response.status) { output.append(contentsOf: response.body) }
    }

    /// The status line and the fields of a response, without those of the engine and the empty line.
    static func head(of response: Response) -> [UInt8] {
        var output: [UInt8] = []
        guard appendHead(of: response, to: &output) else { return head(of: internalError) }
        return output
    }

    /// Fields as lines, for ``append(_:to:common:isHead:closes:)``.
    static func lines(of fields: HTTPFields) -> [UInt8] {
        var output: [UInt8] = []
        for field in fields {
            let line = Array("\(field.name.rawName): \(field.value)".utf8)
            precondition(!line.span.containsControl(0..<line.count), "a common field contains a control character")
            output += line
            output.append("\r\n")
        }
        return output
    }

    /// RFC 9112 §9.3 and RFC 9110 §15.2: the interim response that asks for the body.
    static let interimContinue = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static let internalError = Response(
        status: .internalServerError,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: Array(#"{"error":"server_error"}"#.utf8),
        closesConnection: true
    )

    /// `false` when a field or the reason phrase contains a control character.
    private static func appendHead(of response: Response, to output: inout [UInt8]) -> Bool {
        guard appendStatusLine(response.status, to: &output) else { return false }
        for field in response.headerFields where !isFraming(field.name) {
            output.append(contentsOf: field.name.rawName.utf8)
            output.append(": ")
            let start = output.count
            output.append(contentsOf: field.value.utf8)
            if output.span.containsControl(start..<output.count) { return false }
            output.append("\r\n")
        }
        return true
    }

    private static func appendStatusLine(_ status: HTTPResponse.Status, to output: inout [UInt8]) -> Bool {
        if status == .ok {
            output.append("HTTP/1.1 200 OK\r\n")
            return true
        }
        // RFC 9110 §15.2: a responder's answer is never an interim response.
        guard 200...599 ~= status.code else { return false }
        output.append("HTTP/1.1 ")
        output.append(decimal: status.code)
        output.append(.space)
        let start = output.count
        output.append(contentsOf: status.reasonPhrase.utf8)
        if output.span.containsControl(start..<output.count) { return false }
        output.append("\r\n")
        return true
    }

    /// RFC 9110 §15.3.5, §15.4.5: 204 and 304 end with the header block.
    private static func mayHaveBody(_ status: HTTPResponse.Status) -> Bool {
        status.code != 204 && status.code != 304
    }

    /// The engine sets the fields that frame the message.
    private static func isFraming(_ name: HTTPField.Name) -> Bool {
        switch name.canonicalName {
        case "content-length", "transfer-encoding", "connection", "date", "keep-alive", "trailer", "upgrade": true
        default: false
        }
    }
}

extension [UInt8] {
    /// Appends an ASCII literal.
    mutating func append(_ literal: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends a non-negative number in decimal digits.
    mutating func append(decimal number: Int) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
