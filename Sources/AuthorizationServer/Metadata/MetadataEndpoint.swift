import HTTPTypes
package import OAuthProtocol
package import SocketHTTP

/// RFC 8414 §3: the metadata document, prepared once; never derived from a request's headers (MD-8, D-71).
package struct MetadataEndpoint: Endpoint {
    private let response: Response

    /// The endpoint of a document.
    package init(_ metadata: AuthorizationServerMetadata) {
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
        fields.append(contentsOf: CrossOrigin.headerFields)
        response = .prepared(headerFields: fields, body: metadata.json.serialized())
    }

    /// The document (MD-1).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        response
    }
}
