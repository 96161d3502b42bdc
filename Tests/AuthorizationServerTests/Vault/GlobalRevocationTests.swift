import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("Global Token Revocation, RFC 9493: a provider ends everything that one of its users has")
struct GlobalRevocationTests {
    private static let corpToken = "a-long-token-that-only-corp-knows-0123456789"
    private static let filesToken = "a-long-token-that-only-files-knows-012345678"
    private static let path = "/oauth/global-token-revocation"

    private static func run(_ body: (VaultScene) async throws -> Void) async throws {
        try await VaultScene.run(
            configure: { configuration in
                configuration.upstreams[0].globalRevocationToken = .value(SecretValue(corpToken))
                configuration.upstreams[1].globalRevocationToken = .value(SecretValue(filesToken))
            },
            body
        )
    }

    private static func post(
        _ scene: VaultScene,
        _ body: JSONObject,
        token: String = corpToken
    ) async throws -> OAuthTestClient.Answer {
        try await send(scene, body.serializedString(), [("authorization", "Bearer " + token)])
    }

    private static func send(
        _ scene: VaultScene,
        _ body: String,
        _ fields: [(name: String, value: String)],
        type: String = "application/json"
    ) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "POST",
            path,
            headerFields: fields + [("content-type", type)],
            body: Array(body.utf8)
        )
    }

    private static func account(_ subject: String, at issuer: String) -> JSONObject {
        ["sub_id": ["format": "iss_sub", "iss": .string(issuer), "sub": .string(subject)]]
    }

    private static func isLive(_ tokens: OAuthTestClient.Answer, _ scene: VaultScene) async throws -> Bool {
        let token = try #require(tokens["access_token"])
        return try await scene.exchange(token, ["corp"]).status == 200
    }

    @Test(
        "sessions, codes, logins in progress and logins with browsers end, and no other user's",
        arguments: ["iss_sub", "opaque", "email"]
    )
    func ends(format: String) async throws {
        try await Self.run { scene in
            // Before the others, which connect the second account: no later login visits its provider.
            let underWay = scene.browser()
            let signIn = try await scene.walkToFiles(underWay)
            let (first, second) = (try await scene.logIn(), try await scene.logIn())
            let grace = try await scene.logIn(as: "grace")
            let code = try await scene.code()
            let browser = scene.browser()
            _ = try await scene.signIn(browser)
            let identifiers: [String: JSONObject] = [
                "iss_sub": Self.account("ada", at: scene.corp.issuer),
                "opaque": ["sub_id": ["format": "opaque", "id": "ada"]],
                "email": ["sub_id": ["format": "email", "email": "Ada@Example.com"]],
            ]
            let answer = try await Self.post(scene, try #require(identifiers[format]))
            #expect(answer.status == 204 && answer.body.isEmpty)
            for ended in [first, second] {
                #expect(try await !Self.isLive(ended, scene))
                #expect(try await scene.client.refresh(ended["refresh_token"] ?? "").error == "invalid_grant")
            }
            #expect(try await Self.isLive(grace, scene))
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
            #expect(try await scene.connectionsPage(browser).text.contains("Who are you?"))
            #expect(try await scene.walk(signIn, underWay).header("location")?.contains("code=") != true)
            let event = try #require(try scene.server.auditEvents("upstream.revoked_user").first)
            #expect(event["upstream"]?.stringValue == "corp" && event["whole"]?.boolValue == true)
            let ended = try scene.server.auditEvents("session.ended")
            #expect(ended.count >= 2 && ended.allSatisfy { $0["by"]?.stringValue == "provider:corp" })
            #expect(!scene.server.auditLog.all.contains { $0.contains(Self.corpToken) })
            // The user logs in again, at the provider.
            #expect(try await Self.isLive(try await scene.logIn(), scene))
            // The same again ends the new session.
            #expect(try await Self.post(scene, try #require(identifiers[format])).status == 204)
        }
    }

    @Test("a provider whose account was only connected ends the sessions that use it")
    func furtherAccount() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let shared = try await scene.logIn(as: "grace", atFiles: "ada")
            let body = Self.account("ada", at: scene.files.issuer)
            #expect(try await Self.post(scene, body, token: Self.filesToken).status == 204)
            for ended in [ada, shared] { #expect(try await !Self.isLive(ended, scene)) }
            let events = try scene.server.auditEvents("upstream.revoked_user")
            #expect(events.count == 2 && events.allSatisfy { $0["whole"]?.boolValue == false })
        }
    }

    @Test("a provider can name its own accounts only, and only verified addresses")
    func notKnown() async throws {
        try await Self.run { scene in
            let (ada, grace) = (try await scene.logIn(), try await scene.logIn(as: "grace"))
            let unknown: [(JSONObject, String)] = [
                (Self.account("unknown", at: scene.corp.issuer), Self.corpToken),
                (Self.account("ada", at: scene.files.issuer), Self.corpToken),
                (Self.account("ada", at: scene.corp.issuer), Self.filesToken),
                (Self.account("ADA", at: scene.corp.issuer), Self.corpToken),
                (["sub_id": ["format": "opaque", "id": "Ada Lovelace"]], Self.corpToken),
                (["sub_id": ["format": "email", "email": "grace@example.com"]], Self.corpToken),
                (["sub_id": ["format": "email", "email": "ada@example.co"]], Self.corpToken),
                (["sub_id": ["format": "email", "email": "example.com"]], Self.corpToken),
            ]
            for (body, token) in unknown {
                #expect(try await Self.post(scene, body, token: token).status == 404, "\(body.serializedString())")
            }
            for live in [ada, grace] { #expect(try await Self.isLive(live, scene)) }
            #expect(try scene.server.auditEvents("upstream.revoked_user").isEmpty)
        }
    }

    @Test("without the provider's token nothing ends, and guesses are counted and recorded")
    func authentication() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let body = Self.account("ada", at: scene.corp.issuer).serializedString()
            let right = "Bearer " + Self.corpToken
            let refused: [[(name: String, value: String)]] = [
                [], [("authorization", "Bearer " + Self.corpToken + "x")],
                [("authorization", "Basic " + Self.corpToken)],
                [("authorization", right), ("authorization", right)],
                [("authorization", "Bearer " + (ada["access_token"] ?? ""))],
            ]
            for fields in refused {
                let answer = try await Self.send(scene, body, fields)
                #expect(answer.status == 401 && answer.header("www-authenticate")?.hasPrefix("Bearer") == true)
            }
            #expect(try await Self.isLive(ada, scene))
            #expect(try scene.server.auditEvents("upstream.token_wrong").count == 2)
        }
    }

    @Test(
        "RFC 9493 §3.2: what is no subject identifier of a known format is refused",
        arguments: [
            "", "[]", "{}", #"{"sub_id":"ada"}"#, #"{"sub_id":{}}"#, #"{"sub_id":{"format":"opaque"}}"#,
            #"{"sub_id":{"format":"opaque","id":""}}"#, #"{"sub_id":{"format":"opaque","id":7}}"#,
            #"{"sub_id":{"format":"opaque","id":"ada","extra":1}}"#, #"{"sub_id":{"format":"iss_sub","sub":"ada"}}"#,
            #"{"sub_id":{"format":"phone_number","phone_number":"+15551234567"}}"#,
            #"{"sub_id":{"format":"aliases","identifiers":[]}}"#, #"{"sub_id":{"format":"email","id":"ada"}}"#,
            #"{"sub_id":{"format":"opaque","id":"a","id":"ada"}}"#,
        ]
    )
    func malformed(body: String) async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let fields = [(name: "authorization", value: "Bearer " + Self.corpToken)]
            let answer = try await Self.send(scene, body, fields)
            #expect(answer.status == 400 && answer.error == "invalid_request")
            #expect(try await Self.isLive(ada, scene))
        }
    }

    @Test("a form is refused, and so is an identifier that is too long")
    func otherContent() async throws {
        try await Self.run { scene in
            let fields = [(name: "authorization", value: "Bearer " + Self.corpToken)]
            let body = Self.account("ada", at: scene.corp.issuer).serializedString()
            let form = try await Self.send(scene, body, fields, type: "application/x-www-form-urlencoded")
            #expect(form.status == 400)
            let long = Self.account(String(repeating: "a", count: 321), at: scene.corp.issuer)
            #expect(try await Self.post(scene, long).status == 400)
        }
    }

    @Test("it is announced where an upstream has a token for it, and absent elsewhere")
    func announcement() async throws {
        try await Self.run { scene in
            let metadata = try await scene.client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(metadata["global_token_revocation_endpoint"] == scene.server.issuer + Self.path)
        }
        try await VaultScene.run { scene in
            let metadata = try await scene.client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(metadata.json["global_token_revocation_endpoint"] == nil)
            #expect(try await Self.post(scene, Self.account("ada", at: scene.corp.issuer)).status == 404)
        }
    }
}
