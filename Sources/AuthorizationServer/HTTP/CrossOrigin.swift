import HTTPTypes
import SocketHTTP

/// The Fetch standard's CORS protocol, for clients that run in a browser such as MCP Inspector (CX-1).
///
/// Any origin, never with credentials; and never for authorize, consent, callback, vault and introspection (D-78).
enum CrossOrigin {
    /// The fields of every answer of a path that is open to browsers.
    static let headerFields: HTTPFields = [
        .accessControlAllowOrigin: "*",
        .accessControlExposeHeaders: "WWW-Authenticate, DPoP-Nonce",
    ]

    /// The head of a JSON answer that must not be cached, open to browsers.
    private static let jsonHead = PreparedHead(
        status: .ok,
        headerFields: [
            .contentType: "application/json",
            .cacheControl: "no-store",
            .accessControlAllowOrigin: "*",
            .accessControlExposeHeaders: "WWW-Authenticate, DPoP-Nonce",
        ]
    )

    /// A JSON answer with the fields of ``allow(_:)``, serialized ahead because it is the answer to every token
    /// request.
    static func json(_ body: [UInt8]) -> Response {
        Response(jsonHead, body: body)
    }

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

    /// The answer to a preflight of a path that only navigation reaches: a refusal (OAuth 2.1 §3.1, AZ-18).
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
