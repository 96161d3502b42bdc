import HTTPTypes
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// OAuth Client ID Metadata Document §4: our own metadata as the client of protected MCP servers.
///
/// The document's URL is our client id at their authorization servers. It names no secret: PKCE protects the code.
struct OwnClientDocumentEndpoint: Endpoint {
    private let documents: [String: [UInt8]]

    static let path = EndpointPath.clientDocument + "/{name}"

    init(_ configuration: Configuration) {
        var documents: [String: [UInt8]] = [:]
        for upstream in configuration.upstreams where upstream.preset == .mcp && upstream.clientID == nil {
            let name = upstream.name + ".json"
            let json: JSONObject = [
                "client_id": .string(configuration.issuer.url(EndpointPath.clientDocument + "/" + name)),
                "client_name": .string(upstream.selfRegistration?.clientName ?? "Gatehouse"),
                "client_uri": .string(configuration.issuer.text),
                "redirect_uris": [
                    .string(configuration.issuer.url(EndpointPath.callback + "/" + upstream.name))
                ],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            ]
            documents[name] = json.serialized()
        }
        self.documents = documents
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let name = request.pathParameter, let document = documents[name] else {
            return Response(status: .notFound, headerFields: [.cacheControl: "no-store"], body: [])
        }
        return Response(Self.head, body: document)
    }

    private static let head = PreparedHead(
        status: .ok,
        headerFields: [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
    )

    var surfaces: [Surface] {
        guard !documents.isEmpty else { return [] }
        return [Surface(.get, Self.path, name: "own_client_document", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "getOwnClientDocument",
        summary: "This server's metadata as the client of a protected MCP server (type: mcp), at its client id there.",
        parameters: [
            OpenAPIParameter(name: "name", place: "path", isRequired: true, pattern: "^[a-z0-9-]+[.]json$")
        ],
        responses: [
            (200, .json("The client's metadata", .ownClientDocument)),
            (404, .empty("No such upstream")),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let ownClientDocument = OpenAPISchema(
        "OwnClientDocument",
        required: ["client_id", "redirect_uris"],
        [
            "client_id": ["type": "string"], "client_name": ["type": "string"], "client_uri": ["type": "string"],
            "redirect_uris": texts, "grant_types": texts, "response_types": texts,
            "token_endpoint_auth_method": ["type": "string"],
        ]
    )
}
