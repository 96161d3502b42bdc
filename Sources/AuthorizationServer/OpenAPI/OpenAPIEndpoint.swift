import HTTPTypes
package import OAuthProtocol
package import SocketHTTP

/// OpenAPI 3.1: the description of the surface, prepared once (MD-8: never derived from a request's headers).
package struct OpenAPIEndpoint: Endpoint {
    private let response: Response

    /// The endpoint of a server with this metadata; with forward authentication if that is public.
    package init(_ metadata: AuthorizationServerMetadata, answersProxies: Bool = false) {
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
        fields.append(contentsOf: CrossOrigin.headerFields)
        response = .prepared(
            headerFields: fields,
            body: OpenAPIDocument(metadata, answersProxies: answersProxies).json.serialized()
        )
    }

    /// The document.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        response
    }
}
