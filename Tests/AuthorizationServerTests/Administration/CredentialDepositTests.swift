import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("PUT /admin/users/{id}/connections/{upstream}: credentials that administrators deposit")
struct CredentialDepositTests {
    private static func configure(_ configuration: inout Configuration) {
        var key = EnteredCredential.Field()
        key.name = "key"
        var weather = Configuration.Upstream(name: "weather", preset: .entered, clientID: nil)
        weather.login = .onDemand
        weather.entered.fields = [key]
        configuration.upstreams[1].login = .onDemand
        configuration.upstreams.append(weather)
        configuration.resources[0].upstreams.append("weather")
    }

    private static func put(
        _ scene: VaultScene,
        _ user: String,
        _ upstream: String,
        _ body: JSONObject,
        token: String? = nil
    ) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "PUT",
            scene.server.managementURL + "/admin/users/\(user)/connections/\(upstream)",
            headerFields: [
                ("authorization", "Bearer " + (token ?? scene.server.adminToken)), ("content-type", "application/json"),
            ],
            body: body.serialized()
        )
    }

    private static func user(_ scene: VaultScene, _ token: String) async throws -> String {
        try await scene.connection("corp", of: token).userID.text
    }

    @Test("a credential is retrieved like one that its user entered, and is on record without its value")
    func credential() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let token = try await scene.accessToken()
            let user = try await Self.user(scene, token)
            let answer = try await Self.put(scene, user, "weather", ["fields": ["key": "k-17-secret"]])
            #expect(answer.status == 200)
            #expect(!answer.json.serializedString().contains("k-17-secret"))
            #expect(try await scene.exchange(token, ["weather"])["access_token"] == "k-17-secret")
            let events = scene.server.auditLog.all.filter { $0.contains("connection.deposited") }
            #expect(events.count == 1 && !events.joined().contains("k-17-secret"))
        }
    }

    @Test("OAuth tokens of another system are retrieved")
    func tokens() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let token = try await scene.accessToken()
            let user = try await Self.user(scene, token)
            let body: JSONObject = [
                "account": "ada", "account_name": "ada@files.example", "access_token": "migrated", "expires_in": 3600,
                "scope": "openid",
            ]
            #expect(try await Self.put(scene, user, "files", body).status == 200)
            let answer = try await scene.exchange(token, ["files"])
            #expect(answer["access_token"] == "migrated" && answer["scope"] == "openid")
            // D-63: a deposited account identifies no user at a login.
            let page = try await scene.signIn(scene.browser(), at: "files")
            #expect(!page.text.contains("Your connections"))
        }
    }

    @Test("D-60: an account that belongs to another user is refused")
    func anothersAccount() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let ada = try await Self.user(scene, try await scene.accessToken())
            let grace = try await Self.user(scene, try await scene.accessToken(as: "grace"))
            let body: JSONObject = ["account": "shared", "access_token": "t"]
            #expect(try await Self.put(scene, ada, "files", body).status == 200)
            let refused = try await Self.put(scene, grace, "files", body)
            #expect(refused.error == "access_denied")
        }
    }

    @Test("an incomplete, unknown or unauthorized deposit is refused")
    func refused() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let user = try await Self.user(scene, try await scene.accessToken())
            let wrong: [(String, JSONObject)] = [
                ("weather", [:]), ("weather", ["fields": [:]]), ("weather", ["fields": ["key": 17]]),
                ("weather", ["fields": ["other": "x"]]), ("weather", ["fields": ["key": "a\r\nb: c"]]),
                ("files", [:]), ("files", ["account": "a"]), ("files", ["access_token": "t"]),
                ("files", ["account": "a", "access_token": "t", "expires_in": -1]),
                ("files", ["account": "a", "access_token": "t", "expires_in": "soon"]),
            ]
            for (upstream, body) in wrong {
                let answer = try await Self.put(scene, user, upstream, body)
                #expect(answer.error == "invalid_request", "\(upstream) \(body.serializedString())")
            }
            #expect(try await Self.put(scene, "u_unknown", "weather", ["fields": ["key": "k"]]).status == 404)
            #expect(try await Self.put(scene, user, "unknown", ["fields": ["key": "k"]]).status == 404)
            let stranger = try await Self.put(scene, user, "weather", ["fields": ["key": "k"]], token: "wrong")
            #expect(stranger.status == 401)
        }
    }
}
