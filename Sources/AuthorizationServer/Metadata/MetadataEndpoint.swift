import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 8414 §3: the metadata document, prepared once; never derived from a request's headers (MD-8, D-71).
struct MetadataEndpoint: Endpoint {
    private let response: Response
    private let paths: [String]

    /// The endpoint of a document, at every path where clients look for it (MD-2).
    init(_ metadata: AuthorizationServerMetadata) {
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
        fields.append(contentsOf: CrossOrigin.headerFields)
        response = .prepared(headerFields: fields, body: metadata.json.serialized())
        paths = metadata.documentPaths
    }

    var surfaces: [Surface] {
        paths.enumerated().map { index, path in
            Surface(
                .get,
                path,
                base: .host,
                name: "metadata",
                origins: .all,
                OpenAPIOperation(
                    // The document is at several paths, so its operations are numbered.
                    id: index == 0 ? "getMetadata" : "getMetadata\(index + 1)",
                    summary: "The server's metadata (RFC 8414, OpenID Connect Discovery).",
                    responses: [(200, .json("The metadata", .metadata))]
                )
            )
        }
    }

    /// The document (MD-1).
    func respond(to request: Request, context: RequestContext) async -> Response {
        response
    }
}

extension OpenAPISchema {
    fileprivate static let metadata = OpenAPISchema(
        "Metadata",
        required: ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"],
        [
            "issuer": ["type": "string"], "authorization_endpoint": ["type": "string"],
            "token_endpoint": ["type": "string"], "jwks_uri": ["type": "string"], "response_types_supported": texts,
            "grant_types_supported": texts, "scopes_supported": texts,
        ]
    )
}
