import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The answer of the authorization endpoint to a client that is trusted with one.
struct AuthorizationRedirect: Sendable {
    let context: ProviderContext

    /// Sends the user back with a code.
    func granting(_ request: SignInRequest, subject: String, session: BrowserSession?) async -> Response {
        guard await context.state.user(subject) != nil else {
            return refusing(request, OAuthError(.accessDenied, "there is no such user"))
        }
        let now = context.now
        let grant = Grant(
            flavour: request.flavour,
            clientID: request.clientID,
            subject: subject,
            scopes: request.scopes,
            nonce: request.nonce,
            authenticatedAt: session?.authenticatedAt ?? now,
            sessionID: session?.id ?? context.randomText(prefix: "sid_")
        )
        let code = context.randomText(prefix: "code_")
        await context.state.issue(code, for: grant, to: request, now: now)
        return redirect(request, [("code", .string(code))])
    }

    /// Sends the user back with an error.
    func refusing(_ request: SignInRequest, _ error: OAuthError) -> Response {
        redirect(
            request,
            [("error", .string(error.code.wireValue)), ("error_description", .string(error.description))]
        )
    }

    /// Sends the user back with an error that the script names.
    func refusing(_ request: SignInRequest, code: String) -> Response {
        redirect(request, [("error", .string(code)), ("error_description", "the script says so")])
    }

    private func redirect(_ request: SignInRequest, _ parameters: [(String, JSONValue)]) -> Response {
        var members = JSONObject(parameters)
        members["state"] = request.state.map(JSONValue.string)
        if request.flavour == .openIDConnect {
            // RFC 9207 §2: against the mix-up of two providers by a client that uses both.
            members["iss"] = .string(request.faults.issuer ?? context.issuer)
        }
        request.faults.apply(toMembers: &members)
        let query = FormParameters.serialize(
            members.members.map { name, value in (name, value.stringValue ?? value.serializedString()) }
        )
        let separator = request.redirectURI.contains("?") ? "&" : "?"
        return Response(
            status: .found,
            headerFields: [.location: request.redirectURI + separator + query, .cacheControl: "no-store"]
        )
    }
}
