import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("OpenID Connect Core 1.0 §3.1: a login at a provider")
struct LoginTests {
    @Test("A login gives the account, the tokens and what was granted")
    func login() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["sid"] = "session-9" }
        let login = try await provider.client().login()
        #expect(login.subject == ScriptedProvider.subject)
        #expect(login.name == "Ada Example")
        #expect(login.accountName == "ada")
        #expect(login.verifiedEmail == "ada@corp.example")
        #expect(login.accessToken == "at-1")
        #expect(login.refreshToken == "rt-1")
        #expect(login.scopes.text == "openid profile email")
        #expect(login.accessTokenExpiry == provider.time.now() + .seconds(300))
        #expect(login.sessionID == "session-9")
        #expect("\(login)" == "<redacted>")
    }

    @Test("A session id of the provider is kept only if a logout token could name it", arguments: [0, 1, 255, 256])
    func sessionIDBound(count: Int) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["sid"] = .string(String(repeating: "s", count: count)) }
        #expect(try await provider.client().login().sessionID?.utf8.count == (1...255 ~= count ? count : nil))
    }

    @Test("The token request authenticates by Basic and brings the verifier, and no resource (UP-1, RI-5)")
    func tokenRequest() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        _ = try await provider.client().login()
        let request = try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).first)
        #expect(request.method == "POST")
        #expect(request.field("Content-Type") == "application/x-www-form-urlencoded")
        #expect(request.field("Accept") == "application/json")
        #expect(request.maximumRedirects == 0)
        let credentials = Base64.encode(Array("gatehouse-client:s3cret%2F%2B".utf8))
        #expect(request.field("Authorization") == "Basic " + credentials)
        let form = try request.form
        #expect(try form.single("grant_type") == "authorization_code")
        #expect(try form.single("code") == "code-1")
        #expect(try form.single("redirect_uri") == "https://auth.example.com/oauth/callback/corp")
        #expect(try form.single("code_verifier") == CodeVerifier(random: CountingRandom()).value)
        #expect(form.names.count == 4)
    }

    @Test("The authorization request carries PKCE, state, nonce and hints, and a preset's prompt stays (UP-1)")
    func authorizationURL() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client {
            $0.additionalAuthorizationParameters = [
                .init(name: "prompt", value: "consent"), .init(name: "access_type", value: "offline"),
            ]
        }
        let challenge = CodeChallenge(verifier: CodeVerifier(random: CountingRandom()))
        let url = try await client.authorizationURL(
            UpstreamAuthorizationRequest(
                state: UpstreamState(wireValue: "st"),
                challenge: challenge,
                nonce: "nn",
                loginHint: "ada@corp.example",
                prompts: ["login"],
                maximumAgeSeconds: 60,
                authenticationContexts: "urn:mfa"
            )
        )
        #expect(url.hasPrefix(ScriptedProvider.authorizationURL + "?"))
        let query = try FormParameters(query: String(url.drop { $0 != "?" }.dropFirst()))
        let expected = [
            "response_type": "code", "client_id": ScriptedProvider.clientID, "state": "st", "nonce": "nn",
            "redirect_uri": "https://auth.example.com/oauth/callback/corp", "code_challenge": challenge.text,
            "code_challenge_method": "S256", "scope": "openid profile email", "login_hint": "ada@corp.example",
            "max_age": "60", "acr_values": "urn:mfa", "prompt": "consent login", "access_type": "offline",
        ]
        for (name, value) in expected { #expect(try query.single(name) == value) }
        #expect(Set(query.names) == Set(expected.keys))
    }

    @Test("RFC 6749 §5.1: an answer without scope means the requested ones, without expires_in no expiry is invented")
    func absentMembers() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode {
            _ in
        } answer: {
            $0["scope"] = nil
            $0["expires_in"] = nil
            $0["refresh_token"] = ""
        }
        let login = try await provider.client().login()
        #expect(login.scopes.text == "openid profile email")
        #expect(login.accessTokenExpiry == nil)
        #expect(login.refreshToken == nil)
    }

    @Test("Every algorithm of the allow-list is verified (UP-2)", arguments: SignatureAlgorithm.allCases)
    func algorithms(algorithm: SignatureAlgorithm) async throws {
        let provider = try ScriptedProvider(algorithm: algorithm)
        try provider.answerCode()
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
    }

    @Test("An unverified address is not kept (D-63)", arguments: [JSONValue.bool(false), "false", "yes", 0, .null])
    func unverifiedAddress(value: JSONValue) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["email_verified"] = value }
        #expect(try await provider.client().login().verifiedEmail == nil)
    }

    @Test(
        "Reserved parameters cannot be configured",
        arguments: ["state", "nonce", "redirect_uri", "scope", "request_uri"]
    )
    func reservedParameters(name: String) async throws {
        let provider = try ScriptedProvider()
        let error = try await error {
            try provider.client { $0.additionalAuthorizationParameters = [.init(name: name, value: "x")] }
        }
        #expect(error.code == .misconfigured)
    }

    @Test("Making a provider sends nothing; a provider that is down fails its own login only")
    func lazy() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        #expect(provider.transport.requests.isEmpty)
        provider.transport.replace(ScriptedProvider.configurationURL, ScriptedTransport.failure(.connectFailed))
        #expect(try await error { try await client.login() }.isTemporary)
        #expect(provider.transport.requests(to: ScriptedProvider.tokenURL).isEmpty)
    }
}
