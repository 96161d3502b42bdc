import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing
import UpstreamIdentity

@testable import ServerCommand

@Suite("upstream try: one login in the operator's browser")
struct UpstreamTrialTests {
    private static func run(
        _ settings: DevelopmentIdentityProvider.Configuration = .init(),
        _ body: (UpstreamScene, UpstreamTrial, TestBrowser) async throws -> Void
    ) async throws {
        try await UpstreamScene.run(settings) { scene in
            let trial = try UpstreamTrial(
                scene.configuration.upstreams[0],
                issuer: scene.configuration.issuer,
                reservation: try PortReservation(SocketAddress(ip: .loopback, port: 0)),
                transport: scene.transport,
                timeSource: SystemTimeSource(),
                logger: UpstreamScene.logger
            )
            try await trial.start()
            do {
                try await body(scene, trial, TestBrowser(transport: scene.transport))
            } catch {
                await trial.stop()
                throw error
            }
            await trial.stop()
        }
    }

    /// From the trial's first page to the callback's address, without opening it.
    private static func callbackURL(
        _ scene: UpstreamScene,
        _ trial: UpstreamTrial,
        _ browser: TestBrowser
    ) async throws -> String {
        let provider = scene.provider.issuer + "/"
        var page = try await browser.follow(try await browser.get(trial.startURL), within: [provider])
        let action = try #require(page.formAction)
        var form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        form.append(("user", "ada"))
        let target = action.hasPrefix("http") ? action : scene.provider.issuer + action
        page = try await browser.follow(try await browser.post(target, form: form), within: [provider])
        return try #require(page.header("location"))
    }

    @Test("prints scopes, life, refresh token, identity and extras; no token, no secret")
    func success() async throws {
        try await Self.run { scene, trial, browser in
            #expect(trial.redirectURI.hasSuffix("/oauth/callback/corp"))
            let url = try await Self.callbackURL(scene, trial, browser)
            #expect(url.hasPrefix(trial.redirectURI + "?"))
            let page = try await browser.get(url)
            #expect(page.status == 200 && page.text.contains("succeeded"))
            let outcome = await trial.outcome(within: .seconds(60))
            guard case .login(let login) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let lines = UpstreamTryCommand.lines(outcome, of: trial.provider, now: SystemTimeSource().now())
            let text = lines.output.joined(separator: "\n")
            #expect(lines.errors.isEmpty)
            #expect(lines.output.contains { $0.hasPrefix("  life ") && $0.hasSuffix(" s") })
            for part in ["openid profile email offline_access", login.subject, "Ada", "claims"] {
                #expect(text.contains(part), "\(part): \(text)")
            }
            for secret in [login.accessToken, login.refreshToken ?? "", "the-secret-of-the-upstream"] {
                #expect(secret.isEmpty || !text.contains(secret))
            }
            #expect(text.contains("(hidden, \(login.accessToken.utf8.count) characters)"))
        }
    }

    @Test("an answer with another state, from another browser or a second time does not end the trial")
    func forgeries() async throws {
        try await Self.run { scene, trial, browser in
            let early = try await browser.get(trial.redirectURI + "?code=x&state=y")
            #expect(early.status == 400)
            let url = try await Self.callbackURL(scene, trial, browser)
            let stranger = TestBrowser(transport: scene.transport)
            for forged in [
                trial.redirectURI + "?code=x&state=guess", trial.redirectURI + "?code=x", url + "&state=other",
                trial.redirectURI + "?error=access_denied",
            ] {
                #expect(try await browser.get(forged).status == 400, "\(forged)")
            }
            #expect(try await stranger.get(url).status == 400)
            #expect(try await browser.get(trial.startURL + "other").status == 404)
            // The right answer is still accepted, once.
            #expect(try await browser.get(url).status == 200)
            #expect(try await browser.get(url).status == 400)
            guard case .login = await trial.outcome(within: .seconds(60)) else {
                Issue.record("no login")
                return
            }
        }
    }

    @Test("the provider's refusal is shown in its words, without control characters")
    func refusal() async throws {
        try await Self.run { _, trial, browser in
            let start = try await browser.get(trial.startURL)
            let state = try #require(OAuthTestClient.parameters(of: start.header("location") ?? "")["state"])
            let answer = FormParameters.serialize([
                ("error", "access_denied"), ("error_description", "no\u{1B}[31m such\r\nuser"), ("state", state),
            ])
            #expect(try await browser.get(trial.redirectURI + "?" + answer).status == 200)
            let outcome = await trial.outcome(within: .seconds(60))
            let lines = UpstreamTryCommand.lines(outcome, of: trial.provider, now: SystemTimeSource().now())
            #expect(lines.output.isEmpty)
            #expect(lines.errors == ["upstream corp: the provider refused: access_denied (no[31m suchuser)"])
        }
    }

    @Test("a secret that the provider does not know is a failure with its reason")
    func wrongSecret() async throws {
        var settings = DevelopmentIdentityProvider.Configuration()
        settings.clients = .registered([DevelopmentClient(id: "gatehouse", secret: "another")])
        try await Self.run(settings) { scene, trial, browser in
            let page = try await browser.get(try await Self.callbackURL(scene, trial, browser))
            #expect(page.text.contains("failed"))
            let outcome = await trial.outcome(within: .seconds(60))
            let lines = UpstreamTryCommand.lines(outcome, of: trial.provider, now: SystemTimeSource().now())
            #expect(lines.output.isEmpty && lines.errors.first?.hasPrefix("upstream corp: the login failed: ") == true)
        }
    }

    @Test("without a browser it ends by itself, and an upstream with dynamic registration is refused")
    func others() async throws {
        try await Self.run { _, trial, _ in
            guard case .timeout = await trial.outcome(within: .milliseconds(1)) else {
                Issue.record("not a timeout")
                return
            }
        }
        try await UpstreamScene.run { scene in
            var upstream = scene.configuration.upstreams[0]
            upstream.clientID = nil
            upstream.clientSecret = nil
            upstream.registration = Configuration.UpstreamRegistration()
            #expect(throws: UpstreamError.self) {
                try UpstreamTrial(
                    upstream,
                    issuer: scene.configuration.issuer,
                    reservation: try PortReservation(SocketAddress(ip: .loopback, port: 0)),
                    transport: scene.transport,
                    timeSource: SystemTimeSource(),
                    logger: UpstreamScene.logger
                )
            }
        }
    }
}
