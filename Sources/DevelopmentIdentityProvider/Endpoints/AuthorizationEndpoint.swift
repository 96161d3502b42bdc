import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The authorization endpoint of both flavours.
///
/// RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2.
struct AuthorizationEndpoint: Sendable {
    let context: ProviderContext
    let flavour: ProtocolFlavour

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        let parameters: FormParameters?
        if request.method == .post {
            parameters = RequestParameters.isForm(request) ? RequestParameters.reading(body: request.body) : nil
        } else {
            parameters = RequestParameters.reading(query: request.query ?? "")
        }
        guard let parameters else { return .response(Pages.refusal("The request's parameters cannot be read.")) }
        switch await recipient(parameters) {
        case .failure(let refusal): return .response(Pages.refusal(refusal.reason))
        case .success(let recipient): return .response(await decide(request, parameters, recipient, faults))
        }
    }

    // MARK: Who may be answered

    private struct Recipient {
        let clientID: String
        let redirectURI: String
    }

    private struct Refusal: Error {
        let reason: String
    }

    /// RFC 6749 §4.1.2.1: without a known client and its redirect URI, no redirect is sent.
    private func recipient(_ parameters: FormParameters) async -> Result<Recipient, Refusal> {
        guard parameters.duplicatedNames.isEmpty else {
            return .failure(Refusal(reason: "A parameter is repeated."))
        }
        guard let clientID = parameters.values("client_id").first else {
            return .failure(Refusal(reason: "client_id is missing."))
        }
        guard let redirectURI = parameters.values("redirect_uri").first, isAcceptable(redirectURI) else {
            return .failure(Refusal(reason: "redirect_uri is missing, or is not an absolute URI without fragment."))
        }
        if let client = await context.state.client(clientID) {
            // RFC 9700 §2.1: exact comparison; otherwise an attacker's page could collect the codes.
            let isRegistered = client.redirectURIs.contains { $0.utf8.elementsEqual(redirectURI.utf8) }
            guard client.redirectURIs.isEmpty || isRegistered else {
                return .failure(Refusal(reason: "redirect_uri is not registered for this client."))
            }
        } else if case .registered = context.configuration.clients {
            return .failure(Refusal(reason: "The client is not registered."))
        }
        return .success(Recipient(clientID: clientID, redirectURI: redirectURI))
    }

    private func isAcceptable(_ uri: String) -> Bool {
        // Printable ASCII keeps line breaks out of the Location field.
        uri.utf8.allSatisfy { 0x21...0x7E ~= $0 } && uri.contains("://") && !uri.contains("#")
    }

    // MARK: Deciding

    private func decide(
        _ request: Request,
        _ parameters: FormParameters,
        _ recipient: Recipient,
        _ faults: ScriptedFaults
    ) async -> Response {
        func value(_ name: String) -> String? { parameters.values(name).first }
        var signIn = SignInRequest(
            flavour: flavour,
            clientID: recipient.clientID,
            redirectURI: recipient.redirectURI,
            scopes: scopes(value(quirks.contains(.userBesideBot) ? "user_scope" : "scope")),
            state: value("state"),
            nonce: value("nonce"),
            challenge: nil,
            prompt: value("prompt"),
            loginHint: value("login_hint"),
            faults: faults
        )
        let redirect = AuthorizationRedirect(context: context)
        do throws(OAuthError) {
            signIn.responseMode = try responseMode(value("response_mode"), scopes: signIn.scopes)
            guard value("response_type") == "code" else {
                throw OAuthError(.unsupportedResponseType, "response_type must be code")
            }
            signIn.challenge = try challenge(parameters)
            if quirks.contains(.commasInRequests), value("scope")?.contains(" ") == true {
                throw OAuthError(.invalidScope, "scopes are separated by commas")
            }
        } catch {
            return redirect.refusing(signIn, error)
        }
        if let error = faults.oauthError { return redirect.refusing(signIn, code: error.code) }
        return await ask(signIn, request, redirect)
    }

    private func ask(_ signIn: SignInRequest, _ request: Request, _ redirect: AuthorizationRedirect) async -> Response {
        switch context.signInMode {
        case .automatic(let subject):
            let hinted: DevelopmentUser? =
                if let hint = signIn.loginHint { await context.state.user(answeringTo: hint) } else { nil }
            return await redirect.granting(signIn, subject: hinted?.subject ?? subject, session: nil)
        case .form:
            let session = await BrowserSession.current(of: request, context)
            if let session, mayAnswerSilently(signIn) {
                return await redirect.granting(signIn, subject: session.subject, session: session)
            }
            // OpenID Connect Core 1.0 §3.1.2.6: `none` never shows a page.
            guard signIn.prompt != "none" else {
                return redirect.refusing(signIn, OAuthError(.loginRequired, "no user is signed in"))
            }
            let handle = context.randomText()
            await context.state.begin(signIn, handle: handle, now: context.now)
            return Pages.signIn(signIn, handle: handle, users: await context.state.users)
        }
    }

    private func mayAnswerSilently(_ signIn: SignInRequest) -> Bool {
        switch signIn.prompt {
        case "none": true
        case nil, "consent": context.configuration.remembersSignIn
        default: false
        }
    }

    private func responseMode(_ text: String?, scopes: [String]) throws(OAuthError) -> ResponseMode {
        guard let mode = text.map(ResponseMode.init(rawValue:)) ?? .query else {
            throw OAuthError(.invalidRequest, "response_mode must be query or form_post")
        }
        if quirks.contains(.postsAnswers), mode != .formPost, !Set(scopes).subtracting(["openid"]).isEmpty {
            throw OAuthError(.invalidRequest, "response_mode must be form_post when name or email scope is requested")
        }
        return mode
    }

    private func challenge(_ parameters: FormParameters) throws(OAuthError) -> CodeChallenge? {
        let challenge = parameters.values("code_challenge").first
        let method = parameters.values("code_challenge_method").first
        if quirks.contains(.refusesProofKey) {
            guard challenge == nil, method == nil else {
                throw OAuthError(.invalidRequest, "code_challenge is not supported")
            }
            return nil
        }
        let isRequired = flavour.behaviour(in: context.configuration).requiresProofKey
        guard isRequired || challenge != nil || method != nil else { return nil }
        return try CodeChallenge(challenge: challenge, method: method)
    }

    private var quirks: Set<DevelopmentIdentityProvider.Quirk> {
        flavour.behaviour(in: context.configuration).quirks
    }

    private func scopes(_ text: String?) -> [String] {
        flavour.scopes(quirks)(text ?? "")
    }
}
