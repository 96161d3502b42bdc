import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("D-25: no entered credential is in the storage, the log, the audit trail, the metrics or a page")
struct EnteredCredentialSecrecyTests {
    private static let stored = "sk_live_8f3a41c2d9_entered"
    private static let replacing = "sk_live_77c0ffee21_replacing"
    private static let deposited = "sk_live_5e11edb0a7_deposited"
    private static let refused = "pk wrong form 4242 refused"

    private static func configure(_ configuration: inout Configuration) {
        var key = EnteredCredential.Field()
        key.name = "key"
        key.pattern = "sk_[a-z0-9_]+"
        var region = EnteredCredential.Field()
        region.name = "region"
        region.isSecret = false
        var weather = Configuration.Upstream(name: "weather", preset: .entered, clientID: nil)
        weather.login = .onDemand
        weather.entered.fields = [key, region]
        weather.entered.format = CredentialTemplate("Basic base64({region}:{key})")
        weather.entered.header = "Authorization"
        configuration.upstreams.append(weather)
        configuration.resources[0].upstreams.append("weather")
    }

    /// Every form in which a credential could be written down.
    private static func forms(_ text: String) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        let hex = bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        let encoded = [Base64.encode(bytes), Base64URL.encode(bytes), Base64.encode(Array("eu:\(text)".utf8)), hex]
        return [bytes] + encoded.map { Array($0.utf8) }
    }

    private static func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        haystack.firstRange(of: needle) != nil
    }

    private static func page(
        _ scene: VaultScene,
        _ token: String,
        _ browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        let uri = try #require(try await scene.exchange(token, ["weather"])["connect_uri"])
        let first = try await browser.get(uri)
        return try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
    }

    private static func enter(
        _ key: String,
        on page: TestBrowser.Page,
        _ browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        try await browser.post(
            try #require(page.formAction),
            form: page.hiddenFields.map { ($0.key, $0.value) } + [
                ("field.key", key), ("field.region", "eu"), ("decision", "connect"),
            ]
        )
    }

    @Test("entered, refused, retrieved, reported, replaced, deposited, listed and disconnected: nothing is left behind")
    func wholeLife() async throws {
        let journal = ScriptedJournal()
        try await VaultScene.run(configure: Self.configure, journal: journal) { scene in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            var pages: [TestBrowser.Page] = [try await Self.page(scene, token, browser)]
            pages.append(try await Self.enter(Self.refused, on: pages[0], browser))
            pages.append(try await Self.enter(Self.stored, on: pages[1], browser))
            #expect(pages.map(\.status) == [200, 400, 200])
            let retrieved = try await scene.exchange(token, ["weather"])
            let credential = Base64.encode(Array("eu:\(Self.stored)".utf8))
            #expect(retrieved["access_token"]?.hasSuffix(credential) == true)
            #expect(try await scene.report(token, "weather")["status"] == "reauthorization_required")
            pages.append(try await Self.page(scene, token, browser))
            pages.append(try await Self.enter(Self.replacing, on: pages[3], browser))
            let user = try await scene.connection("corp", of: token).userID.text
            let fields: JSONObject = ["fields": ["key": .string(Self.deposited), "region": "eu"]]
            let deposit = try await scene.client.send(
                "PUT",
                scene.server.managementURL + "/admin/users/\(user)/connections/weather",
                headerFields: [
                    ("authorization", "Bearer " + scene.server.adminToken), ("content-type", "application/json"),
                ],
                body: fields.serialized()
            )
            #expect(deposit.status < 300, "\(deposit.status) \(deposit.body)")
            pages.append(try await scene.connectionsPage(browser))
            let list = try await scene.connections(token)
            let connection = try await scene.connection("weather", of: token)
            #expect(try await scene.disconnect(connection.id.text, token).status < 300)

            let metrics = try await scene.client.send("GET", scene.server.managementURL + "/metrics")
            let texts =
                pages.map(\.text) + [deposit.body, list.body, metrics.body, "\(connection)"] + scene.server.log.all
                + scene.server.auditLog.all
            let places = texts.map { Array($0.utf8) } + journal.records
            // The search sees what is written in the clear: the upstream's name is in records, log and trail.
            for lines in [journal.records, scene.server.auditLog.all.map { Array($0.utf8) }] {
                #expect(lines.contains { Self.contains($0, Array("weather".utf8)) })
            }
            for secret in [Self.stored, Self.replacing, Self.deposited, Self.refused] {
                for form in Self.forms(secret) {
                    let found = places.filter { Self.contains($0, form) }
                    #expect(found.isEmpty, "\(secret) as \(String(decoding: form, as: UTF8.self))")
                }
            }
        }
    }
}
