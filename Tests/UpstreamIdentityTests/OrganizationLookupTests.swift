import Logging
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("GitHub's organisations and teams are looked up, and only a definite answer counts")
struct OrganizationLookupTests {
    private static let base = "https://api.github.com"
    private static let organization = base + "/user/memberships/orgs/acme"
    private static let team = base + "/orgs/acme/teams/platform/memberships/ada"
    private static let names = OrganizationNames(organizations: ["acme"], teams: ["acme/platform"])

    private static let user = base + "/user"

    private let transport = ScriptedTransport()
    private let time = ManualTime()

    private func provider(
        _ preset: UpstreamPreset = .github,
        userInfo: String? = nil
    ) throws -> UpstreamProvider {
        var endpoints = UpstreamEndpointOverrides()
        if let userInfo {
            var parts = UserInfoOverrides()
            parts.endpoint = userInfo
            endpoints.userInfoParts = parts
        }
        return try UpstreamProvider(
            configuration: UpstreamConfiguration(
                name: "github",
                preset: preset,
                issuer: preset == .github ? nil : "https://login.corp.example",
                endpoints: endpoints,
                clientID: "own-client",
                clientSecret: UpstreamClientSecret("own-secret"),
                callbackURL: "https://auth.example.com/oauth/callback/github"
            ),
            transport: transport,
            timeSource: time,
            random: CountingRandom(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func claims(
        _ provider: UpstreamProvider,
        _ names: OrganizationNames = OrganizationLookupTests.names,
        of subject: String = "1",
        named login: String? = "ada",
        isFresh: Bool = false
    ) async -> JSONObject {
        await provider.organizationClaims(names, of: subject, named: login, accessToken: "gho_1", isFresh: isFresh)
    }

    private static func account(_ id: Int, _ login: String) -> ScriptedTransport.Answer {
        ScriptedTransport.json(["id": .integer(id), "login": .string(login)])
    }

    private static func state(_ text: String) -> ScriptedTransport.Answer {
        ScriptedTransport.json(["state": .string(text)])
    }

    @Test("a member of both; the token is sent to the API, and an answer is used for five minutes")
    func member() async throws {
        transport.on(Self.organization, Self.state("active"))
        transport.on(Self.team, Self.state("active"))
        transport.on(Self.user, Self.account(1, "ada"), Self.account(2, "Ada"), Self.account(1, "ada"))
        let provider = try provider()
        let expected: JSONObject = ["organization": ["acme"], "team": ["acme/platform"]]
        let first = await claims(provider)
        #expect(first == expected)
        let request = try #require(transport.requests.first)
        #expect(request.headerFields.contains { $0.name == "Authorization" && $0.value == "Bearer gho_1" })
        time.advance(by: .seconds(299))
        let second = await claims(provider)
        #expect(second == expected && transport.requests.count == 3)
        // Another account has answers of its own. A login asks in any case, and its name is the present one.
        _ = await claims(provider, of: "2")
        #expect(transport.requests.count == 6)
        _ = await claims(provider, isFresh: true)
        #expect(transport.requests.count == 8)
        time.advance(by: .seconds(300))
        _ = await claims(provider)
        #expect(transport.requests.count == 11)
    }

    @Test("an account with another name by now, or another account with its name, leaves teams undecided")
    func renamed() async throws {
        let answers = [
            Self.account(1, "countess"), Self.account(7, "ada"), ScriptedTransport.status(500),
            ScriptedTransport.json(["id": 1]),
        ]
        for answer in answers {
            let test = OrganizationLookupTests()
            test.transport.on(Self.user, answer)
            test.transport.on(Self.team, ScriptedTransport.status(404))
            let found = await test.claims(try test.provider(), OrganizationNames(teams: ["acme/platform"]))
            #expect(found["team"] == nil)
        }
    }

    @Test("404 and 302 are a no, as is a membership that was not accepted; it is remembered")
    func definiteNo() async throws {
        for answer in [ScriptedTransport.status(404), ScriptedTransport.status(302), Self.state("pending")] {
            let test = OrganizationLookupTests()
            test.transport.on(Self.organization, answer)
            let provider = try test.provider()
            for _ in 0..<2 {
                let found = await test.claims(provider, OrganizationNames(organizations: ["acme"]))
                #expect(found == ["organization": []])
            }
            #expect(test.transport.requests.count == 1)
        }
    }

    @Test("every other answer decides nothing, and is not remembered")
    func undecided() async throws {
        let answers: [ScriptedTransport.Answer] = [
            ScriptedTransport.status(500), ScriptedTransport.status(503), ScriptedTransport.status(429),
            ScriptedTransport.status(401), ScriptedTransport.status(403), ScriptedTransport.status(301),
            ScriptedTransport.failure(.timeout), ScriptedTransport.failure(.connectFailed),
            ScriptedTransport.json(["message": "no state"]), ScriptedTransport.text("<html>"),
        ]
        for answer in answers {
            let test = OrganizationLookupTests()
            test.transport.on(Self.organization, answer, Self.state("active"))
            let provider = try test.provider()
            let names = OrganizationNames(organizations: ["acme"])
            let first = await test.claims(provider, names)
            #expect(first["organization"] == nil)
            let second = await test.claims(provider, names)
            #expect(second == ["organization": ["acme"]])
        }
    }

    @Test("while one name is undecided nothing is said of the others of its kind")
    func partly() async throws {
        transport.on(Self.organization, Self.state("active"))
        transport.on(Self.base + "/user/memberships/orgs/beta", ScriptedTransport.status(503))
        transport.on(Self.team, ScriptedTransport.status(404))
        transport.on(Self.user, Self.account(1, "ada"))
        let names = OrganizationNames(organizations: ["acme", "beta"], teams: ["acme/platform"])
        let found = await claims(try provider(), names)
        #expect(found == ["team": []])
    }

    @Test("a team needs the account's name, and nothing in a name leads to another address")
    func addresses() async throws {
        for login in [nil, "", "ada/../../x", "ada?x", "a b"] as [String?] {
            let found = await claims(try provider(), OrganizationNames(teams: ["acme/platform"]), named: login)
            #expect(found["team"] == nil)
        }
        #expect(transport.requests.isEmpty)
        for text in ["", "a/b", "a*", "..", "a?b", "ä", String(repeating: "a", count: 65)] {
            #expect(!OrganizationNames.isOrganization(text), "\(text)")
        }
        for text in ["", "a", "/b", "a/", "a/b/c", "a/*", "a//b"] {
            #expect(!OrganizationNames.isTeam(text), "\(text)")
        }
        let odd = OrganizationNames(organizations: ["a*"], teams: ["a/*"])
        #expect(odd.isEmpty)
    }

    @Test("GitHub Enterprise Server is asked below its own API; other providers have no organisations")
    func otherSites() async throws {
        transport.on("https://git.corp.example/api/v3/user/memberships/orgs/acme", Self.state("active"))
        let enterprise = try provider(userInfo: "https://git.corp.example/api/v3/user")
        let found = await claims(enterprise, OrganizationNames(organizations: ["acme"]))
        #expect(found == ["organization": ["acme"]])
        let other = try provider(.oidc)
        let none = await claims(other)
        #expect(!other.hasOrganizations && none.isEmpty)
        let unnamed = await claims(enterprise, OrganizationNames())
        #expect(unnamed.isEmpty && transport.requests.count == 1)
    }
}
