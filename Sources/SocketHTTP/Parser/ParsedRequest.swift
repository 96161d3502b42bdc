package import HTTPTypes

/// A complete request as the parser read it; the connection adds the sender's address.
package struct ParsedRequest: Sendable {
    /// The method, any token.
    package let method: HTTPRequest.Method
    /// The path, not decoded, up to the `?`; `*` for the asterisk form.
    package let path: String
    /// What follows the first `?`.
    package let query: String?
    /// The header fields.
    package let fields: FieldLines
    /// The body, without its transfer coding.
    package internal(set) var body: [UInt8]
    /// Whether the client allows the connection to stay open after this request.
    package let keepsAlive: Bool

    /// The memory of header and body, in bytes.
    var byteCount: Int { fields.byteCount + body.count }
}
