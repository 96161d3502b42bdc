import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The answer of the authorization endpoint to a client that may receive a redirect.
struct AuthorizationRedirect: Sendable {
    let context: ProviderContext

    /// Redirects with a code.
    func granting(_ request: SignInRequest, subject: String, session: BrowserSession?) async -> Response {
        guard await context.state.user(subject) != nil else {
            return refusing(request, OAuthError(.accessDenied, "the user does not exist"))
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
        var parameters = [("code", JSONValue.string(code))]
        if request.flavour.behaviour(in: context.configuration).quirks.contains(.apiFields) {
            parameters.append(("realmId", "R-0815"))
        }
        return redirect(request, parameters)
    }

    /// Redirects with an error.
    func refusing(_ request: SignInRequest, _ error: OAuthError) -> Response {
        redirect(
            request,
            [("error", .string(error.code.wireValue)), ("error_description", .string(error.description))]
        )
    }

    /// Redirects with an error that the script names.
    func refusing(_ request: SignInRequest, code: String) -> Response {
        redirect(request, [("error", .string(code)), ("error_description", "a scripted fault")])
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
