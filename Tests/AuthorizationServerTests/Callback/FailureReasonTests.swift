import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("N-1: why a login failed is in one warning, in the audit trail, and by its reference on the page")
struct FailureReasonTests {
    /// One way to fail, and the reason that it is reported with.
    struct Way: Sendable, CustomTestStringConvertible {
        var reason: UpstreamFailureReason
        var faults: [Fault] = []
        var endpoint = EndpointName.token
        var changes: [String: String?] = [:]
        var configure: @Sendable (inout Configuration) -> Void = { _ in }
        var environment: @Sendable (inout ServerEnvironment) -> Void = { _ in }
        /// Changes the callback's address.
        var callback: @Sendable (String) -> String = { $0 }

        var testDescription: String { reason.rawValue }
    }

    private static let ways: [Way] = [
        Way(reason: .accessDenied, faults: [.oauthError("access_denied")], endpoint: .authorization),
        Way(
            reason: .accountNotAllowed,
            configure: {
                $0.upstreams[0].requiredClaims = [
                    UpstreamClaimRequirement(claim: "preferred_username", acceptedValues: ["somebody else"])
                ]
            }
        ),
        Way(reason: .loginTooOld, faults: [.idTokenClaim("auth_time", nil)], changes: ["max_age": "60"]),
        Way(reason: .providerUnavailable, faults: [.unavailable]),
        Way(reason: .providerUnreachable, faults: [.closeConnection]),
        Way(reason: .grantRefused, faults: [.invalidGrant]),
        Way(reason: .clientRefused, faults: [.invalidClient]),
        Way(reason: .requestRefused, faults: [.oauthError("invalid_request")]),
        Way(reason: .answerInvalid, faults: [.malformedJSON]),
        Way(
            reason: .answerIncomplete,
            callback: { $0.replacing(/([?&])code=[^&]*/) { "\($0.output.1)nothing=x" } }
        ),
        Way(reason: .issuerMismatch, faults: [.wrongIssuer], endpoint: .authorization),
        Way(reason: .discoveryFailed, faults: [.status(404)], endpoint: .discovery),
        Way(reason: .keysUnavailable, faults: [.status(404)], endpoint: .keySet),
        Way(reason: .idTokenInvalid, faults: [.wrongNonce]),
        Way(
            reason: .userInfoFailed,
            faults: [.status(403)],
            endpoint: .userInfo,
            configure: {
                $0.upstreams[0].requiredClaims = [UpstreamClaimRequirement(claim: "hd", acceptedValues: ["x"])]
            }
        ),
        Way(
            reason: .misconfigured,
            configure: {
                $0.upstreams[0].preset = .oauth2
                $0.upstreams[0].issuer = nil
                $0.upstreams[0].allowsInsecureHTTP = false
                $0.upstreams[0].allowsPrivateNetwork = false
                $0.upstreams[0].endpoints = UpstreamEndpointOverrides(
                    authorization: "https://127.0.0.1:1/authorize",
                    token: "https://127.0.0.1:1/token",
                    userInfo: UserInfoMapping(endpoint: "https://127.0.0.1:1/user")
                )
            }
        ),
        Way(reason: .serverFailed, environment: { $0.storeLimits.usersMax = 0 }),
    ]

    /// The page at which the login ends.
    private static func end(_ scene: BrowserScene, _ way: Way) async throws -> TestBrowser.Page {
        if !way.faults.isEmpty {
            for fault in way.faults { scene.server.provider.script(fault, on: way.endpoint) }
        }
        let approval = try await scene.answer(try await scene.ticket(way.changes))
        let location = try #require(approval.header("location") ?? (approval.status == 400 ? "" : nil))
        if location.hasPrefix("https://127.0.0.1:1/") {
            let state = OAuthTestClient.parameters(of: location)["state"] ?? ""
            return try await scene.browser.get(scene.server.issuer + "/oauth/callback/corp?code=x&state=" + state)
        }
        guard location.hasPrefix(scene.server.provider.issuer) else { return approval }
        return try await scene.browser.get(way.callback(try await scene.callbackURL(after: approval)))
    }

    @Test("N-1: each reason of the closed list can occur, and is reported once with its request", arguments: ways)
    func reported(way: Way) async throws {
        try await BrowserScene.run(configure: way.configure, environment: way.environment) { scene in
            let page = try await Self.end(scene, way)
            let description = try #require(page.redirectParameters["error_description"])
            let events = try scene.auditEvents("upstream.login_failed")
            try #require(events.count == 1)
            #expect(events[0]["reason"]?.stringValue == way.reason.rawValue)
            #expect(events[0]["upstream"]?.stringValue == "corp")
            let reference = try #require(events[0]["request_id"]?.stringValue)
            #expect(description.hasSuffix("(reference \(reference))") && description.utf8.count <= 120)
            let warnings = scene.server.log.all.filter { $0.contains("a login at a provider failed") }
            try #require(warnings.count == 1)
            for part in ["corp", way.reason.rawValue, reference] { #expect(warnings[0].contains(part)) }
        }
    }

    @Test("N-1: the list is complete: the reasons that no login has are a refresh's")
    func complete() {
        // Those of protected servers, which identify no user, are in ProtectedServerUpstreamTests.
        let protected: Set<UpstreamFailureReason> = [
            .issuerChanged, .resourceMismatch, .proofKeyUnsupported, .registrationUnavailable,
        ]
        // Those of the operator's own connections are in GitHubInstallationTests.
        let others = protected.union([.refusedRepeatedly, .installationSuspended, .installationRemoved])
        #expect(Set(UpstreamFailureReason.allCases) == Set(Self.ways.map(\.reason)).union(others))
    }

    @Test(
        "N-1: the page says whether to try again, to ask the operator, or to choose another account",
        arguments: [
            (UpstreamFailureReason.providerUnavailable, "try again"), (.requestRefused, "Ask the operator"),
            (.accountNotAllowed, "choose another account"), (.grantRefused, "start again"),
        ]
    )
    func page(reason: UpstreamFailureReason, words: String) async throws {
        let way = try #require(Self.ways.first { $0.reason == reason })
        try await BrowserScene.run(
            redirectURIs: ["https://client.example.com/callback"],
            configure: way.configure
        ) { scene in
            let page = try await Self.end(scene, way)
            #expect(page.text.contains(words))
            let event = try #require(try scene.auditEvents("upstream.login_failed").first)
            let reference = try #require(event["request_id"]?.stringValue)
            #expect(page.text.contains("reference \(reference)"))
        }
    }

    @Test("N-1: the provider's text is on record in one line, and on no page")
    func providerWords() async throws {
        try await BrowserScene.run(redirectURIs: ["https://client.example.com/callback"]) { scene in
            let text = "The app <b>7</b> is \"off\"\n\u{202E}since code_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123"
            scene.server.provider.script(
                .oauthError("app_off"),
                .replace("error_description", .string(text)),
                on: .authorization
            )
            let url = try await scene.callbackURL(after: try await scene.approved())
            let page = try await scene.browser.get(url)
            #expect(!page.text.contains("since") && !page.text.contains("app_off"))
            let event = try #require(try scene.auditEvents("upstream.login_failed").first)
            let words = try #require(event["provider"]?.stringValue)
            #expect(words == "app_off: The app <b>7</b> is ?off? ?since [...]")
            #expect(scene.server.log.all.contains { $0.contains("app_off") })
        }
    }

    @Test("N-1: a refused callback shows its reference too, unless a guessed state must look like a real one")
    func callbackPage() async throws {
        try await BrowserScene.run { scene in
            let base = scene.server.issuer + "/oauth/callback/corp"
            let page = try await scene.browser.get(base)
            let event = try #require(try scene.auditEvents("upstream.callback_refused").first)
            let reference = try #require(event["request_id"]?.stringValue)
            #expect(page.text.contains("<code>\(reference)</code>"))
            #expect(try await !scene.browser.get(base + "?state=x&code=y").text.contains("Reference"))
        }
    }

    @Test(
        "P-17: only errors that mean the user's refusal are access_denied",
        arguments: [
            ("user_cancelled_login", "access_denied"), ("user_cancelled_authorize", "access_denied"),
            ("user_denied", "access_denied"), ("consent_declined", "access_denied"), ("USER_CANCELED", "access_denied"),
            ("authorization_rejected", "access_denied"), ("client_denied", "server_error"),
            ("invalid_request_rejected", "server_error"), ("made_up", "server_error"),
        ]
    )
    func refusals(word: String, error: String) async throws {
        try await BrowserScene.run { scene in
            scene.server.provider.script(.oauthError(word), on: .authorization)
            let url = try await scene.callbackURL(after: try await scene.approved())
            #expect(try await scene.browser.get(url).redirectParameters["error"] == error)
        }
    }
}
