import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// OpenAPI 3.1: the description of the surface, prepared once, with the first request (MD-8: never derived from a
/// request's headers).
struct OpenAPIEndpoint: Endpoint {
    private let response: PreparedOnce<Response>

    /// The path, relative to the issuer.
    static let path = "/openapi.json"

    /// The endpoint of a server with these surfaces, to which it adds its own.
    init(issuer: Issuer, describing surfaces: [Surface]) {
        response = PreparedOnce {
            var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
            fields.append(contentsOf: CrossOrigin.headerFields)
            let document = OpenAPIDocument(issuer: issuer, surfaces: surfaces + [Self.surface])
            return .prepared(headerFields: fields, body: document.json.serialized())
        }
    }

    var surfaces: [Surface] { [Self.surface] }

    private static let surface = Surface(
        .get,
        path,
        name: "openapi",
        origins: .all,
        OpenAPIOperation(
            id: "getOpenAPI",
            summary: "This document.",
            responses: [
                (200, OpenAPIResponse(description: "The document", content: [("application/json", ["type": "object"])]))
            ]
        )
    )

    func respond(to request: Request, context: RequestContext) async -> Response {
        response.value
    }
}
