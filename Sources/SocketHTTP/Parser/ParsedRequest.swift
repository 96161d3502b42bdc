package import HTTPTypes

/// A whole request as the parser has read it, before the connection adds who sent it.
package struct ParsedRequest: Sendable {
    /// The method.
    package let method: HTTPRequest.Method
    /// The path, not decoded, up to the `?`; `*` for the asterisk form.
    package let path: String
    /// What follows the first `?`.
    package let query: String?
    /// The header fields.
    package let fields: FieldLines
    /// The body.
    package internal(set) var body: [UInt8]
    /// Whether the client lets the connection live on after this request.
    package let keepsAlive: Bool
}
