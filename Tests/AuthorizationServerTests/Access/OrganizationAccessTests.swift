import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing
import UpstreamIdentity

/// Answers questions about memberships as GitHub's API, and sends every other request to the network.
private final class MembershipAPI: OutboundTransport {
    private struct State {
        var base: (any OutboundTransport)?
        var status = 200
        var urls: [String] = []
    }

    private let state = Mutex(State())

    func attach(_ base: any OutboundTransport) { state.withLock { $0.base = base } }

    func answer(_ status: Int) { state.withLock { $0.status = status } }

    var urls: [String] { state.withLock { $0.urls } }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard request.url.contains("/memberships/") else {
            guard let base = state.withLock({ $0.base }) else { throw OutboundError(.connectFailed, "no network") }
            return try await base.send(request)
        }
        let status = state.withLock { state in
            state.urls.append(request.url)
            return state.status
        }
        return OutboundResponse(status: status, headerFields: [], body: Array(#"{"state":"active"}"#.utf8))
    }
}

@Suite("allow: GitHub organisations and teams, at logins and refreshes")
struct OrganizationAccessTests {
    /// Where the rule is.
    enum Place: String, CaseIterable, Sendable {
        case upstream, resource
    }

    private static func run(
        _ place: Place,
        _ rule: ClaimRule,
        _ body: (TestServer, OAuthTestClient, MembershipAPI) async throws -> Void
    ) async throws {
        let api = MembershipAPI()
        try await TestServer.run(
            configure: { configuration in
                let site = configuration.upstreams[0].issuer ?? ""
                configuration.upstreams[0] = upstream(site)
                switch place {
                case .upstream: configuration.upstreams[0].access = rule
                case .resource: configuration.resources[0].access = rule
                }
            },
            environment: { environment in
                api.attach(environment.transport)
                environment.transport = api
            },
            { server in
                var client = try await OAuthTestClient.registered(at: server)
                client.scope = "mcp:read offline_access"
                try await body(server, client, api)
            }
        )
    }

    private static func upstream(_ site: String) -> Configuration.Upstream {
        var upstream = Configuration.Upstream(name: TestServer.upstream, preset: .github, clientID: "gatehouse")
        upstream.clientSecret = .value(SecretValue("upstream-secret-for-tests"))
        upstream.endpoints = UpstreamEndpointOverrides(
            authorization: site + "/oauth2/authorize",
            token: site + "/oauth2/token"
        )
        var userInfo = UserInfoOverrides()
        userInfo.endpoint = site + "/oauth2/user"
        upstream.endpoints.userInfoParts = userInfo
        upstream.scopes = ["read:user", "read:org"]
        upstream.allowsInsecureHTTP = true
        upstream.allowsPrivateNetwork = true
        return upstream
    }

    private static let acme = ClaimRule.claim("organization", anyOf: [ValuePattern("acme")])
    private static let team = ClaimRule.claim("team", anyOf: [ValuePattern("acme/platform")])

    @Test(
        "a login of a member succeeds, of another account does not; an outage is no refusal",
        arguments: Place.allCases
    )
    func login(place: Place) async throws {
        try await Self.run(place, Self.acme) { server, client, api in
            func login() async throws -> [String: String] {
                try await client.authorize(with: TestBrowser(transport: server.transport), at: server)
            }
            for status in [404, 302] {
                api.answer(status)
                let refused = try await login()
                #expect(refused["error"] == "access_denied" && refused["code"] == nil)
            }
            let reasons = try server.auditEvents("upstream.login_failed").map { $0["reason"]?.stringValue }
            #expect(reasons == ["account_not_allowed", "account_not_allowed"])
            api.answer(503)
            let failed = try await login()
            #expect(failed["error"] == "temporarily_unavailable")
            api.answer(200)
            let accepted = try await login()
            #expect(accepted["code"] != nil)
            #expect(api.urls.allSatisfy { $0.hasSuffix("/oauth2/user/memberships/orgs/acme") })
        }
    }

    @Test("a withdrawal ends the session at a refresh, once the answer of the login is old", arguments: Place.allCases)
    func refresh(place: Place) async throws {
        try await Self.run(place, Self.acme) { server, client, api in
            let tokens = try await client.tokens(at: server)
            var refreshToken = try #require(tokens["refresh_token"])
            for (status, seconds) in [(404, 60), (503, 300), (401, 300)] {
                // The first finds what the login found; the others decide nothing.
                api.answer(status)
                server.clock.advance(by: .seconds(seconds))
                let refreshed = try await client.refresh(refreshToken)
                #expect(refreshed.status == 200, "\(status)")
                refreshToken = try #require(refreshed["refresh_token"])
            }
            api.answer(404)
            let ended = try await client.refresh(refreshToken)
            #expect(ended.isError(400, "invalid_grant") && ended["reason"] == "access_withdrawn")
        }
    }

    @Test("a team is asked for by the account's name")
    func teams() async throws {
        try await Self.run(.upstream, Self.team) { server, client, api in
            let tokens = try await client.tokens(at: server)
            #expect(tokens["refresh_token"] != nil)
            let url = try #require(api.urls.first)
            #expect(url.hasSuffix("/oauth2/orgs/acme/teams/platform/memberships/ada"), "\(url)")
        }
    }

    @Test("without a rule about them nothing is asked")
    func unasked() async throws {
        try await Self.run(.upstream, .claim("login", anyOf: [ValuePattern("ada")])) { server, client, api in
            let tokens = try await client.tokens(at: server)
            let refreshToken = try #require(tokens["refresh_token"])
            #expect(try await client.refresh(refreshToken).status == 200)
            #expect(api.urls.isEmpty)
        }
    }
}
