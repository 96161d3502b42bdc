/// Somebody's protected MCP server as an upstream: its own metadata names the authorization server whose client we are.
///
/// MCP 2026-07-28, Authorization; RFC 9728 §3, RFC 8414 §3, RFC 8707 §2.
package struct ProtectedServer: Hashable, Sendable {
    /// The server's URL.
    package var url: String
    /// The resource identifier in the server's metadata; `nil` for its URL.
    package var resource: String?
    /// The issuer of its authorization server; `nil` for the first that the metadata named, which then remains.
    package var issuer: String?
    /// The URL of our own client ID metadata document; `nil` where none is served.
    package var clientDocument: String?

    /// A server with its URL as identifier, and with any authorization server.
    package init(url: String) {
        self.url = url
    }

    /// RFC 8707 §2: what authorization, token and refresh requests name.
    package var identifier: String { resource ?? url }
}

extension UpstreamPreset {
    /// A protected MCP server, found by its URL.
    package static let mcp: UpstreamPreset = {
        var preset = UpstreamPreset("mcp", .protectedServer)
        preset.note = "a protected MCP server: its metadata names the authorization server"
        return preset
    }()
}
