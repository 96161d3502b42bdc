import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: the user's decision about an account that a further leg of a
/// login brought (D-60).
struct LegConfirmationEndpoint: Endpoint {
    let logins: Logins

    /// The path, relative to the issuer.
    static let path = EndpointPath.legConfirmation

    var surfaces: [Surface] {
        [Surface(.post, Self.path, name: "confirm", origins: .refused, Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "confirmAccount",
        summary: "Receives the user's decision about an account that a further provider of a login brought.",
        body: .form(required: ["leg", "upstream", "decision"], optional: []),
        responses: [
            (200, .page("The next question, or a device's result")),
            (303, .empty("Redirect to the next provider, or back to the client")),
            (400, .page("The form is invalid")), (403, .page("The form was sent from another site or browser")),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
            (503, .page("This server is busy")),
        ]
    )

    func respond(to request: Request, context: RequestContext) async -> Response {
        await logins.respond(to: logins.flow.decide(request, context), request, context)
    }
}
