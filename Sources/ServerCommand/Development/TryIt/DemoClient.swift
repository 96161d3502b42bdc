import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// The tokens of the demo's one session.
struct DemoSession: Sendable {
    var accessToken: String
    var refreshToken: String?
    var scope: String

    /// A part of the access token, decoded: 0 is the header, 1 the claims; empty for what is no JWT.
    func decoded(_ part: Int) -> JSONObject {
        let parts = accessToken.split(separator: ".").map(String.init)
        guard part < parts.count, let bytes = Base64URL.decode(parts[part]) else { return [:] }
        // The page then shows nothing: a developer may have configured other tokens.
        return (try? JSONParser.parseObject(bytes)) ?? [:]
    }
}

/// What happened last, as the page shows it.
struct DemoStep: Sendable {
    let title: String
    let text: String
    /// The answer, as it was received.
    var answer: JSONObject?
    /// Where the user connects the account, if the answer says so.
    var connectURI: String?
}

/// The client of the page: it registers itself, sends its user to the server, and keeps the tokens of one session.
actor DemoClient {
    private let ground: DemoGround
    private var client: OAuthTestClient
    /// The `state` of the login that has begun; an answer with another is not for it (RFC 6749 §10.12).
    private var state: String?
    private var session: DemoSession?
    private var step: DemoStep?

    init(_ ground: DemoGround) {
        self.ground = ground
        client = OAuthTestClient(
            issuer: ground.issuer,
            transport: ground.control.transport,
            resource: ground.resourceURI
        )
        client.redirectURI = ground.url + "callback"
        client.scope = (ground.scopes + [ScopeSet.offlineAccess]).joined(separator: " ")
    }

    /// The page as it is now.
    var page: Response {
        DemoPage(ground: ground, session: session, step: step, now: ground.control.clock.now()).response
    }

    /// Registers a client and begins a login.
    ///
    /// - Returns: The address to send the browser to; the page itself when the registration failed.
    func begin() async -> String {
        let random = SystemRandomSource()
        let (state, verifier) = (Base64URL.encode(random.bytes(16)), Base64URL.encode(random.bytes(32)))
        do {
            let registration = try await client.register([
                "client_name": "Demo client", "redirect_uris": [.string(client.redirectURI)],
                "token_endpoint_auth_method": "none",
            ])
            guard registration.status == 201, let id = registration["client_id"] else {
                step = failure("Registration", registration)
                return "/"
            }
            (client.id, client.verifier, self.state) = (id, verifier, state)
            return client.authorizationURL(["state": state])
        } catch {
            step = DemoStep(title: "Registration", text: "The server did not answer: \(error)")
            return "/"
        }
    }

    /// Takes the answer to a login and redeems its code.
    func finish(_ query: String) async {
        // A query that cannot be read has no state, and is refused for that.
        let form = try? FormParameters(query: query)
        func value(_ name: String) -> String? { form?.values(name).count == 1 ? form?.values(name).first : nil }
        guard let state, value("state") == state, value("iss") == client.issuer else {
            step = DemoStep(title: "Callback", text: "The answer is not for the login that began here; it was ignored.")
            return
        }
        self.state = nil
        guard let code = value("code") else {
            let reason = value("error_description") ?? value("error") ?? "no reason"
            step = DemoStep(title: "Login", text: "The login ended without a code: \(reason).")
            return
        }
        await obtain("Login", "Consent, the provider’s login and the code are done: these are the tokens.") { client in
            try await client.redeem(code)
        }
    }

    /// Does what a button says.
    func perform(_ verb: DemoVerb) async {
        guard let session else {
            step = DemoStep(title: verb.label, text: "There is no session: walk the flow first.")
            return
        }
        switch verb {
        case .refresh: await refresh(session)
        case .revoke: await revoke(session)
        default: step = await DemoSteps(ground: ground, client: client).perform(verb, session)
        }
    }

    private func refresh(_ session: DemoSession) async {
        guard let token = session.refreshToken else {
            step = DemoStep(title: "Refresh", text: "The server issued no refresh token.")
            return
        }
        await obtain("Refresh", "A new access token, and the refresh token’s successor.") { client in
            try await client.refresh(token)
        }
    }

    private func revoke(_ session: DemoSession) async {
        do {
            let answer = try await client.revoke(session.refreshToken ?? session.accessToken)
            step =
                answer.status == 200
                ? DemoStep(title: "Revoke", text: "The session has ended (RFC 7009): call the tool to see the refusal.")
                : failure("Revoke", answer)
        } catch {
            step = DemoStep(title: "Revoke", text: "The server did not answer: \(error)")
        }
    }

    /// Sends a token request and keeps the tokens of its answer; earlier ones remain when it is refused.
    private func obtain(
        _ title: String,
        _ text: String,
        _ request: (OAuthTestClient) async throws -> OAuthTestClient.Answer
    ) async {
        do {
            let answer = try await request(client)
            guard answer.status == 200, let accessToken = answer["access_token"] else {
                step = failure(title, answer)
                return
            }
            session = DemoSession(
                accessToken: accessToken,
                refreshToken: answer["refresh_token"] ?? session?.refreshToken,
                scope: answer["scope"] ?? ""
            )
            step = DemoStep(title: title, text: text)
        } catch {
            step = DemoStep(title: title, text: "The server did not answer: \(error)")
        }
    }

    private func failure(_ title: String, _ answer: OAuthTestClient.Answer) -> DemoStep {
        DemoStep(title: title, text: "The server refused with status \(answer.status).", answer: answer.json)
    }
}
