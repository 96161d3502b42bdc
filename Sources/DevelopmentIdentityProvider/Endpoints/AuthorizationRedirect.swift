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
        let quirks = request.flavour.behaviour(in: context.configuration).quirks
        let namesUser =
            if quirks.contains(.postsAnswers), request.responseMode == .formPost {
                await !context.state.hasGranted(subject, to: request.clientID)
            } else {
                false
            }
        let code = context.randomText(prefix: "code_")
        await context.state.issue(code, for: grant, to: request, now: now)
        var parameters = [("code", JSONValue.string(code))]
        if quirks.contains(.apiFields) {
            parameters.append(("realmId", "R-0815"))
        }
        if quirks.contains(.furtherMembers) { parameters.append(("session_state", .string(grant.sessionID))) }
        // The user's name is in the first answer alone, and in no token.
        if namesUser { parameters.append(("user", .string(await posted(subject)))) }
        return redirect(request, parameters)
    }

    private func posted(_ subject: String) async -> String {
        let user = await context.state.user(subject)
        let words = (user?.name ?? "").split(separator: " ", maxSplits: 1).map { JSONValue.string(String($0)) }
        var object: JSONObject = ["name": ["firstName": words.first ?? "", "lastName": words.dropFirst().first ?? ""]]
        object["email"] = user?.email.map(JSONValue.string)
        return JSONValue.object(object).serializedString()
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
        let pairs = members.members.map { name, value in (name, value.stringValue ?? value.serializedString()) }
        guard request.responseMode == .query else { return Pages.posting(pairs, to: request.redirectURI) }
        let query = FormParameters.serialize(pairs)
        let separator = request.redirectURI.contains("?") ? "&" : "?"
        return Response(
            status: .found,
            headerFields: [.location: request.redirectURI + separator + query, .cacheControl: "no-store"]
        )
    }
}
