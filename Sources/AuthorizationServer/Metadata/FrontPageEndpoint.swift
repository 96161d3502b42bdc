import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 9110 §15.4.3: the root of the issuer's host, which leads a person who opened it to the host's page for people.
struct FrontPageEndpoint: Endpoint {
    /// The address of the page.
    let target: String

    var surfaces: [Surface] {
        [Surface(.get, "/", base: .host, name: "front_page", Self.operation)]
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        .redirect(to: target, after: request.method)
    }

    private static let operation = OpenAPIOperation(
        id: "frontPage",
        summary: "Leads a browser to the page for people of this host.",
        responses: [(302, .empty("The address of the page"))]
    )
}
