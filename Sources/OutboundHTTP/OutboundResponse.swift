import Foundations

/// Another server's complete answer.
package struct OutboundResponse: Sendable {
    /// The status of the final response.
    package var status: Int
    /// The header fields of the final response, in order; trailers are dropped.
    package var headerFields: [(name: String, value: String)]
    /// The body as it arrived; a content coding was removed only if the request asked for that.
    package var body: [UInt8]

    /// Makes an answer, as `CurlClient` and scripted transports do.
    package init(status: Int, headerFields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
    }

    /// Every value of a field; the name is matched without regard to case.
    package func values(of name: String) -> [String] {
        let wanted = name.utf8.map(\.lowercasedASCII)
        return headerFields.filter { $0.name.utf8.lazy.map(\.lowercasedASCII).elementsEqual(wanted) }.map(\.value)
    }
}

extension OutboundResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status and the sizes only, because token answers carry secrets in body and header fields.
    package var description: String { "\(status) (\(headerFields.count) fields, \(body.count) bytes)" }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Shows nothing, so that `dump` shows no secret.
    package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
