import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("RFC 6749 §6, VT-4: refreshing, and never losing a rotated token")
struct RefreshTests {
    @Test("The keys time out after a successful refresh: the rotated token is handed over (VR-4)")
    func keysTimeOutAfterExchange() async throws {
        let provider = try ScriptedProvider()
        let answer = provider.tokenAnswer(idToken: try provider.idToken()) { $0["refresh_token"] = "rt-2" }
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        provider.transport.replace(
            ScriptedProvider.keysURL,
            ScriptedTransport.failure(.timeout),
            ScriptedTransport.keys([provider.key])
        )
        let client = try provider.client()
        let response = try await client.refresh(refreshToken: "rt-1")
        #expect(response.refreshToken == "rt-2")
        #expect(provider.transport.requests(to: ScriptedProvider.keysURL).isEmpty)
        let error = try await error {
            try await client.validateRefreshedIDToken(response, expectedSubject: ScriptedProvider.subject)
        }
        #expect(error.isTemporary && !error.isTerminal)
        // Once the keys are back the same answer passes.
        let expiry = try await client.validateRefreshedIDToken(response, expectedSubject: ScriptedProvider.subject)
        #expect(expiry == provider.time.now() + .seconds(3600))
    }

    @Test("Whatever else is wrong with the answer, the rotated token is handed over")
    func oddAnswers() async throws {
        for change in [
            ("token_type", JSONValue.string("mac")), ("expires_in", "soon"), ("expires_in", -5),
            ("expires_in", .null), ("scope", 7), ("id_token", "not a token"),
        ] {
            let provider = try ScriptedProvider()
            let answer = provider.tokenAnswer(idToken: nil) {
                $0["refresh_token"] = "rt-2"
                $0[change.0] = change.1
            }
            provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
            let response = try await provider.client().refresh(refreshToken: "rt-1")
            #expect(response.refreshToken == "rt-2")
            if change.0 == "expires_in" { #expect(response.accessTokenExpiry == nil) }
        }
    }

    @Test("What an answer says beyond its bounds is not kept, and the rotated token is handed over")
    func boundedAnswer() async throws {
        let longToken = String(repeating: "x", count: IDTokenVerifier.byteCountMax + 1)
        let manyScopes = (0..<4000).map { JSONValue.string("scope-\($0)") }
        let changes: [(String, JSONValue)] = [
            ("id_token", .string(longToken)), ("scope", .array(manyScopes)),
            ("scope", .array([.string(String(repeating: "x", count: 16_385))])),
            ("scope", .string(String(repeating: "x ", count: 8_193))),
        ]
        for (name, value) in changes {
            let provider = try ScriptedProvider()
            let answer = provider.tokenAnswer(idToken: nil) {
                $0["refresh_token"] = "rt-2"
                $0["scope"] = nil
                $0[name] = value
            }
            provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
            let response = try await provider.client().refresh(refreshToken: "rt-1")
            #expect(response.refreshToken == "rt-2")
            #expect(response.idToken == nil && response.scopes == nil, "\(name)")
        }
        let provider = try ScriptedProvider()
        let answer = provider.tokenAnswer(idToken: nil) {
            $0["id_token"] = .string(String(longToken.dropLast()))
            $0["scope"] = ["a", "b"]
        }
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        let response = try await provider.client().refresh(refreshToken: "rt-1")
        #expect(response.idToken != nil && response.scopes?.text == "a b")
    }

    @Test("Scopes of 16 KiB are kept, as a text and as a list", arguments: [false, true])
    func longestScopes(isList: Bool) async throws {
        let provider = try ScriptedProvider()
        let scope = String(repeating: "x", count: 16_384)
        let value: JSONValue = isList ? .array([.string(scope)]) : .string(scope)
        let answer = provider.tokenAnswer(idToken: nil) { $0["scope"] = value }
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        let response = try await provider.client().refresh(refreshToken: "rt-1")
        #expect(response.scopes?.text == scope)
    }

    @Test("A refresh without an ID token or a new refresh token keeps the old ones")
    func sparseAnswer() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at-2"]))
        let client = try provider.client()
        let response = try await client.refresh(refreshToken: "rt-1")
        #expect(response.refreshToken == nil && response.idToken == nil && response.scopes == nil)
        #expect(response.accessTokenExpiry == nil)
        #expect(try await client.validateRefreshedIDToken(response, expectedSubject: "x") == nil)
    }

    @Test("Scopes are sent only to providers that need them (VR-13)")
    func scopes() async throws {
        for isSent in [false, true] {
            let provider = try ScriptedProvider()
            provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at-2"]))
            let client = try provider.client { $0.behaviour.sendsScopesOnRefresh = isSent }
            _ = try await client.refresh(refreshToken: "rt-1", scopes: ScopeSet(["a", "b"]))
            let request = try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).first)
            // P-2: some providers do not name `openid` among the granted scopes. It was requested, so it is sent again.
            #expect(try request.form.single("scope") == (isSent ? "a b openid" : nil))
            #expect(try request.form.single("refresh_token") == "rt-1")
        }
    }

    @Test("A refreshed ID token of another account is refused")
    func otherAccount() async throws {
        let provider = try ScriptedProvider()
        let answer = provider.tokenAnswer(idToken: try provider.idToken { $0["sub"] = "user-18" })
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        let client = try provider.client()
        let response = try await client.refresh(refreshToken: "rt-1")
        let error = try await error {
            try await client.validateRefreshedIDToken(response, expectedSubject: ScriptedProvider.subject)
        }
        #expect(error.code == .accessDenied)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: ScriptedTransport.Answer
        let code: UpstreamError.Code
        var isOutcomeUnknown = false
    }

    private static func oauthError(_ value: String, _ status: Int = 400) -> ScriptedTransport.Answer {
        ScriptedTransport.json(["error": .string(value), "error_description": "hostile rt-1 text"], status: status)
    }

    static let later = UpstreamError.Code.temporarilyUnavailable(retryAfter: nil)
    static let faults = [
        Fault(testDescription: "invalid_grant", answer: oauthError("invalid_grant"), code: .invalidGrant),
        Fault(testDescription: "invalid_grant with 401", answer: oauthError("invalid_grant", 401), code: .invalidGrant),
        Fault(testDescription: "invalid_grant with 200", answer: oauthError("invalid_grant", 200), code: .invalidGrant),
        Fault(
            testDescription: "invalid_grant with 503 is not terminal",
            answer: oauthError("invalid_grant", 503),
            code: later,
            isOutcomeUnknown: true
        ),
        Fault(
            testDescription: "invalid_grant with 429 is not terminal",
            answer: oauthError("invalid_grant", 429),
            code: later
        ),
        Fault(testDescription: "invalid_client", answer: oauthError("invalid_client", 401), code: .invalidClient),
        Fault(testDescription: "unauthorized_client", answer: oauthError("unauthorized_client"), code: .invalidClient),
        Fault(testDescription: "invalid_scope", answer: oauthError("invalid_scope"), code: .misconfigured),
        Fault(testDescription: "temporarily_unavailable", answer: oauthError("temporarily_unavailable"), code: later),
        Fault(testDescription: "an unknown error", answer: oauthError("rt-1"), code: .unexplainedRefusal),
        Fault(testDescription: "400 without a word", answer: ScriptedTransport.status(400), code: .unexplainedRefusal),
        Fault(testDescription: "401 without a word", answer: ScriptedTransport.status(401), code: .invalidClient),
        Fault(
            testDescription: "403 of a firewall",
            answer: ScriptedTransport.text("<html>", type: "text/html", status: 403),
            code: .invalidResponse
        ),
        Fault(
            testDescription: "429",
            answer: ScriptedTransport.status(429, retryAfter: "120"),
            code: .temporarilyUnavailable(retryAfter: .seconds(120))
        ),
        Fault(
            testDescription: "429 with a wait without end",
            answer: ScriptedTransport.status(429, retryAfter: "999999999"),
            code: .temporarilyUnavailable(retryAfter: .seconds(3600))
        ),
        Fault(
            testDescription: "429 with an odd wait",
            answer: ScriptedTransport.status(429, retryAfter: "-1"),
            code: later
        ),
        Fault(testDescription: "500", answer: ScriptedTransport.status(500), code: later, isOutcomeUnknown: true),
        Fault(
            testDescription: "timeout",
            answer: ScriptedTransport.failure(.timeout),
            code: later,
            isOutcomeUnknown: true
        ),
        Fault(
            testDescription: "lost",
            answer: ScriptedTransport.failure(.connectionLost),
            code: later,
            isOutcomeUnknown: true
        ),
        Fault(testDescription: "refused", answer: ScriptedTransport.failure(.connectFailed), code: later),
        Fault(testDescription: "no name", answer: ScriptedTransport.failure(.resolveFailed), code: later),
        Fault(testDescription: "certificate", answer: ScriptedTransport.failure(.tls), code: later),
        Fault(testDescription: "address", answer: ScriptedTransport.failure(.addressRefused), code: .misconfigured),
        Fault(
            testDescription: "huge",
            answer: ScriptedTransport.failure(.tooLarge),
            code: .invalidResponse,
            isOutcomeUnknown: true
        ),
        Fault(testDescription: "redirect", answer: ScriptedTransport.status(307), code: .invalidResponse),
        Fault(
            testDescription: "malformed",
            answer: ScriptedTransport.text(#"{"access_token":"#),
            code: .invalidResponse,
            isOutcomeUnknown: true
        ),
        Fault(
            testDescription: "no access token",
            answer: ScriptedTransport.json(["token_type": "Bearer"]),
            code: .invalidResponse
        ),
        Fault(
            testDescription: "a line break in the token",
            answer: ScriptedTransport.json(["access_token": "a\r\nX-Admin: 1"]),
            code: .invalidResponse
        ),
    ]

    @Test(
        "Each failure is somebody's turn, and only invalid_grant is the end (VR-9, VR-10)",
        arguments: faults
    )
    func fault(fault: Fault) async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, fault.answer)
        let error = try await error { try await provider.client().refresh(refreshToken: "rt-1") }
        #expect(error.code == fault.code)
        #expect(error.isTerminal == (fault.code == .invalidGrant))
        #expect(error.isOutcomeUnknown == fault.isOutcomeUnknown)
        // AZ-15, D-25: neither the provider's text nor a token is in what is logged or sent on.
        for text in ["\(error)", "\(error.clientError)"] {
            #expect(!text.contains("rt-1") && !text.contains("hostile") && !text.contains("s3cret"))
        }
    }

    @Test("Nothing of an answer shows in a description (D-25)")
    func redaction() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(provider.tokenAnswer(idToken: nil)))
        let response = try await provider.client().refresh(refreshToken: "rt-1")
        var dumped = ""
        dump(response, to: &dumped)
        for text in ["\(response)", String(reflecting: response), dumped] { #expect(!text.contains("at-1")) }
    }

    @Test("A client gets one of our codes and fixed words (AZ-15)")
    func clientErrors() {
        let reason = "host.internal"
        #expect(UpstreamError(.accessDenied, reason).clientError.code == .accessDenied)
        #expect(UpstreamError.temporary(reason, retryAfter: .seconds(3)).clientError.code == .temporarilyUnavailable)
        #expect(UpstreamError.temporary(reason, retryAfter: .seconds(3)).clientError.retryAfter == .seconds(3))
        for code: UpstreamError.Code in [
            .invalidGrant, .unexplainedRefusal, .invalidClient, .invalidResponse, .invalidIDToken, .userInfoFailed,
            .misconfigured,
        ] {
            let error = UpstreamError(code, reason).clientError
            #expect(error.code == .serverError)
            #expect(!error.description.contains(reason))
        }
        #expect(UpstreamError(.loginTooOld, reason).clientError.code == .loginRequired)
        #expect(!UpstreamError(.loginTooOld, reason).clientError.description.contains(reason))
        #expect(UpstreamError(authorizationResponseError: "access_denied").code == .accessDenied)
        #expect(UpstreamError(authorizationResponseError: "server_error").isTemporary)
        #expect(UpstreamError(authorizationResponseError: "invalid_scope").code == .misconfigured)
        #expect(!UpstreamError(authorizationResponseError: "<script>").description.contains("script"))
    }
}
