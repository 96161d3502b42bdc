import HTTPTypes
import SocketHTTP

/// The Fetch standard's CORS protocol, for clients that run in a browser such as MCP Inspector (CX-1).
///
/// Any origin, never with credentials; and never for authorize, consent, callback, vault and introspection (D-78).
enum CrossOrigin {
    /// What every answer of a path that is open to browsers carries.
    static let headerFields: HTTPFields = [
        .accessControlAllowOrigin: "*",
        .accessControlExposeHeaders: "WWW-Authenticate, DPoP-Nonce",
    ]

    /// The answer to a preflight.
    static func preflight(methods: String) -> Response {
        .prepared(
            status: .noContent,
            headerFields: [
                .accessControlAllowOrigin: "*",
                .accessControlAllowMethods: methods,
                .accessControlAllowHeaders: "authorization, content-type, mcp-protocol-version, dpop",
                .accessControlMaxAge: "86400",
            ],
            body: []
        )
    }

    /// The answer to a preflight of a path that only browsers' own navigation reaches: no (OAuth 2.1 §3.1, AZ-18).
    static let refusal = Response.prepared(
        status: .forbidden,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: Array(#"{"error":"forbidden"}"#.utf8)
    )

    /// Adds the headers to an answer.
    static func allow(_ response: Response) -> Response {
        var response = response
        response.headerFields.append(contentsOf: headerFields)
        return response
    }
}
