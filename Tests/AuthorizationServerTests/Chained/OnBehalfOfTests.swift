import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("exchange: on_behalf_of: Microsoft Entra's flow, with answers as Entra gives them")
struct OnBehalfOfTests {
    private static var upstream: Configuration.Upstream {
        var upstream = ExchangeProvider.upstream(.onBehalfOf)
        upstream.scopes = ["https://graph.example/User.Read"]
        return upstream
    }

    private static let challenge =
        #"{"access_token":{"polids":{"essential":true,"values":["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}}"#

    /// An error answer with every member that Entra's have.
    private static func refusal(
        _ error: String,
        _ numbers: Int...,
        text: String,
        further: [String: JSONValue] = [:]
    ) -> ExchangeProvider.Reply {
        let trace = "b72a68c3-0926-4b8e-bc35-3150069c2800"
        var json: JSONObject = [
            "error": .string(error),
            "error_description": .string(
                "AADSTS\(numbers[0]): \(text)\r\nTrace ID: \(trace)\r\nTimestamp: 2026-11-30 18:43:20Z"
            ),
            "error_codes": .array(numbers.map { .integer($0) }), "timestamp": "2026-11-30 18:43:20Z",
            "trace_id": .string(trace), "correlation_id": "73d656cf-54b1-4eb2-b429-26d8165a52d7",
            "error_uri": .string("https://login.example/error?code=\(numbers[0])"),
        ]
        for (name, value) in further.sorted(by: { $0.key < $1.key }) { json[name] = value }
        return .answer(status: error == "invalid_client" ? 401 : 400, json)
    }

    private static let factor = "Due to a configuration change, you must enroll in multifactor authentication."

    @Test("the user's access token is the assertion of our client, with the scopes of another API")
    func wholeWay() async throws {
        try await ExchangeProvider.run(Self.upstream) { scene, provider in
            let token = try await scene.accessToken()
            provider.answer(.token(["scope": "https://graph.example/User.Read", "ext_expires_in": 0]))
            let own = try await scene.exchange(token, ["corp"])
            let answer = try await scene.exchange(token, ["api"])
            #expect(answer["access_token"] == "exchanged-token-1" && answer.json["expires_in"] == 3600)
            let form = try #require(provider.exchanges.first)
            #expect(form.values("grant_type") == ["urn:ietf:params:oauth:grant-type:jwt-bearer"])
            #expect(form.values("requested_token_use") == ["on_behalf_of"])
            #expect(form.values("assertion") == [try own.accessToken])
            #expect(form.values("scope") == ["https://graph.example/User.Read"])
            #expect(form.values("subject_token").isEmpty && form.values("audience").isEmpty)
        }
    }

    @Test("a demand for another factor sends the user to a login with Entra's claims challenge; then it succeeds")
    func challenge() async throws {
        try await ExchangeProvider.run(Self.upstream) { scene, provider in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            provider.answer(
                Self.refusal(
                    "interaction_required",
                    50079,
                    text: Self.factor,
                    further: ["claims": .string(Self.challenge), "suberror": "basic_action"]
                )
            )
            let refused = try await scene.exchange(token, ["api"])
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            #expect(refused["provider_code"] == "AADSTS50079" && !refused.body.contains("multifactor"))
            let event = try #require(try scene.server.auditEvents("upstream.refresh_failed").last)
            #expect(event["upstream"] == "api" && event["reason"] == "grant_refused")
            #expect(event["provider"]?.stringValue?.contains("AADSTS50079") == true)
            let first = try await browser.get(try #require(refused["connect_uri"]))
            let page = try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
            let signIn = try #require(scene.corp.capturedRequests(on: .authorization).last)
            #expect(signIn.parameter("claims") == nil)
            let done = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
            #expect(done.status == 200 && done.text.contains("corp is connected"), "\(done.text)")
            let login = try #require(scene.corp.capturedRequests(on: .authorization).last)
            #expect(login.parameter("claims") == Self.challenge)
            provider.answer(.token())
            #expect(try await scene.exchange(token, ["api"]).status == 200)
        }
    }

    /// An answer of Entra's, the error for the resource server, and its further members.
    private static let failures: [(ExchangeProvider.Reply, String, code: String?)] = [
        (
            refusal("invalid_grant", 65001, text: "No consent.", further: ["suberror": "consent_required"]),
            "interaction_required", code: "AADSTS65001"
        ),
        (refusal("invalid_grant", 500_133, text: "Not within its time."), "interaction_required", code: "AADSTS500133"),
        // The access token is for another application: no login would mend it.
        (refusal("invalid_grant", 500_131, text: "Wrong audience."), "server_error", code: nil),
        (refusal("invalid_grant", 50013, text: "Signature validation failed."), "server_error", code: nil),
        (refusal("invalid_grant", 70002, 50013, text: "Wrong audience, as in 2018."), "server_error", code: nil),
        (
            refusal("invalid_grant", 53003, text: "Blocked.", further: ["suberror": "message_only"]),
            "access_denied", code: nil
        ),
        (
            refusal(
                "interaction_required",
                53003,
                text: "Blocked.",
                further: ["suberror": "message_only", "claims": .string(challenge)]
            ),
            "interaction_required", code: "AADSTS53003"
        ),
        (refusal("invalid_client", 7_000_215, text: "Invalid client secret."), "server_error", code: nil),
        (refusal("unauthorized_client", 700_016, text: "No application."), "server_error", code: nil),
        (refusal("invalid_resource", 500_011, text: "No resource principal."), "server_error", code: nil),
        (refusal("invalid_scope", 70011, text: "The scope is not valid."), "server_error", code: nil),
        (refusal("temporarily_unavailable", 90033, text: "A transient error."), "temporarily_unavailable", code: nil),
    ]

    @Test("each refusal has its meaning: the user's, the operator's, or time's", arguments: failures.indices)
    func failure(index: Int) async throws {
        let (reply, error, code) = Self.failures[index]
        try await ExchangeProvider.run(Self.upstream) { scene, provider in
            let token = try await scene.accessToken()
            provider.answer(reply)
            let refused = try await scene.exchange(token, ["api"])
            #expect(refused.error == error && refused["access_token"] == nil, "\(refused.status) \(refused.body)")
            #expect(refused["provider_code"] == code)
            #expect((refused["connect_uri"] != nil) == (error == "interaction_required"))
            #expect(!refused.body.contains("Trace ID"))
        }
    }

    @Test("a challenge that is no JSON object, or too long, is left out, and the link works without it")
    func badChallenge() async throws {
        let long = #"{"access_token":{"polids":{"values":[""# + String(repeating: "a", count: 1024) + #""]}}}"#
        for claims in ["not json", "[]", long] {
            try await ExchangeProvider.run(Self.upstream) { scene, provider in
                let browser = scene.browser()
                let token = try await scene.accessToken(browser)
                provider.answer(
                    Self.refusal("interaction_required", 50076, text: Self.factor, further: ["claims": .string(claims)])
                )
                let refused = try await scene.exchange(token, ["api"])
                #expect(refused["provider_code"] == "AADSTS50076")
                let uri = try #require(refused["connect_uri"])
                let first = try await browser.get(uri)
                let page = try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
                _ = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
                let login = try #require(scene.corp.capturedRequests(on: .authorization).last)
                #expect(login.parameter("claims") == nil && uri.utf8.count < 600)
            }
        }
    }
}
