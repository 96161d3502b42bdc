package import HTTPTypes

/// One HTTP response: what a responder answers with.
///
/// The engine writes `Date`, `Content-Length`, `Connection` and the framing; fields of those names set here are ignored.
package struct Response: Sendable {
    /// The status.
    package var status: HTTPResponse.Status { didSet { serialized = nil } }
    /// The header fields, without framing.
    package var headerFields: HTTPFields { didSet { serialized = nil } }
    /// The body; not sent for HEAD, 204 and 304.
    package var body: [UInt8] { didSet { serialized = nil } }
    /// Whether the connection ends after this response.
    package var closesConnection: Bool
    /// The header block of a prepared response; gone as soon as a part of the response is changed.
    private(set) var serialized: [UInt8]?

    /// Makes a response.
    package init(
        status: HTTPResponse.Status,
        headerFields: HTTPFields = [:],
        body: [UInt8] = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
        self.closesConnection = closesConnection
    }

    /// Makes a response whose header block is serialized once: for answers that are sent many times, such as a JWKS.
    package static func prepared(
        status: HTTPResponse.Status = .ok,
        headerFields: HTTPFields = [:],
        body: [UInt8]
    ) -> Response {
        var response = Response(status: status, headerFields: headerFields, body: body)
        response.serialized = ResponseSerializer.head(of: response)
        return response
    }
}

/// Prints the status and the size only: bodies and `Set-Cookie` carry tokens.
extension Response: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Status code and body size.
    package var description: String { "\(status.code), \(body.count) bytes" }
    /// Status code and body size.
    package var debugDescription: String { description }
    /// Hides the stored properties from `dump` and from error messages.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
