import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("UP-5: every preset against a recorded exchange")
struct PresetTests {
    static let callback = "https://auth.example.com/oauth/callback/upstream"
    static let nonce = "nonce-17"

    let transport = RecordedTransport()
    let time = ManualTime()

    @Test("Every preset has a recording, and every recording a preset")
    func complete() throws {
        #expect(try Recording.names() == Set(UpstreamPreset.all.map(\.name)))
        #expect(Set(UpstreamPreset.all).count == UpstreamPreset.all.count)
        #expect(UpstreamPreset.all.count >= 27)
        for preset in UpstreamPreset.all {
            #expect(!preset.note.isEmpty && !preset.note.contains("\n") && preset.note.count <= 120, "\(preset.name)")
        }
    }

    @Test("The exchange goes as recorded", arguments: UpstreamPreset.all.map(\.name))
    func recording(name: String) async throws {
        let recording = try Recording(preset: name)
        let provider = try provider(recording)
        #expect(provider.identityNamespace == recording.json["namespace"]?.stringValue)
        try await authorize(provider, recording.authorization)
        for step in recording.steps { try await play(step, provider) }
    }

    @Test(
        "RFC 6749 §3.1: a product's preset needs its issuer",
        arguments: ["oidc", "entra", "okta", "auth0", "keycloak"]
    )
    func issuerIsNeeded(name: String) throws {
        let preset = try #require(UpstreamPreset.named(name))
        #expect(preset.needsIssuer)
        #expect(throws: UpstreamError.self) {
            try UpstreamConfiguration(name: "n", preset: preset, clientID: "c", callbackURL: PresetTests.callback)
        }
    }

    @Test("An own GitHub server never sends its tokens to the public one")
    func enterpriseServer() throws {
        let configuration = try UpstreamConfiguration(
            name: "ghe",
            preset: .github,
            endpoints: UpstreamEndpointOverrides(
                authorization: "https://git.corp.example/login/oauth/authorize",
                token: "https://git.corp.example/login/oauth/access_token"
            ),
            clientID: "c",
            clientSecret: UpstreamClientSecret("s"),
            callbackURL: PresetTests.callback
        )
        guard case .oauth2(let endpoints) = configuration.kind else {
            Issue.record("not OAuth 2.0")
            return
        }
        #expect(endpoints.revocation == nil)
    }

    // MARK: -

    private func provider(_ recording: Recording) throws -> UpstreamProvider {
        let json = recording.configuration
        var overrides = UpstreamEndpointOverrides(
            authorization: json["authorization"]?.stringValue,
            token: json["token"]?.stringValue,
            revocation: json["revocation"]?.stringValue
        )
        if let mapping = json["userinfo"]?.objectValue {
            overrides.userInfo = UserInfoMapping(
                endpoint: mapping["endpoint"]?.stringValue ?? "",
                subject: mapping["subject"]?.stringArrayValue ?? [],
                name: mapping["name"]?.stringArrayValue ?? [],
                email: mapping["email"]?.stringArrayValue ?? []
            )
        }
        let parameters = json["parameters"]?.objectValue?.members ?? []
        var behaviour = UpstreamBehaviourOverrides()
        behaviour.assertionIssuer = json["team"]?.stringValue
        let configuration = try UpstreamConfiguration(
            name: "upstream",
            preset: #require(UpstreamPreset.named(recording.preset)),
            issuer: json["issuer"]?.stringValue,
            endpoints: overrides,
            clientID: #require(json["client_id"]?.stringValue),
            clientSecret: json["client_secret"]?.stringValue.map(UpstreamClientSecret.init),
            clientAuthentication: json["team"] == nil ? nil : .privateKeyJWT(try TestKeys.key(.es256, "team-key")),
            scopes: json["scopes"]?.stringArrayValue,
            additionalAuthorizationParameters: parameters.map {
                .init(name: $0.name, value: $0.value.stringValue ?? "")
            },
            callbackURL: PresetTests.callback,
            behaviour: behaviour
        )
        return try UpstreamProvider(
            configuration: configuration,
            transport: transport,
            timeSource: time,
            random: CountingRandom(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func begin(_ step: JSONObject) throws {
        let key = try TestKeys.key(.rs256, "recorded")
        var values = [
            "callback": PresetTests.callback, "code": "the-code", "nonce": PresetTests.nonce,
            "verifier": CodeVerifier(random: CountingRandom()).value,
            "keys": String(decoding: JSONWebKeySet(keys: [key.jsonWebKey]).serialized(), as: UTF8.self),
        ]
        if let claims = step["id_token"]?.objectValue {
            let text = RecordedTransport.filled(claims.serializedString(), values)
            values["id_token"] = try key.sign(type: "JWT", payload: Array(text.utf8))
        }
        transport.begin(step["exchanges"]?.arrayValue?.compactMap(\.objectValue) ?? [], values: values)
    }

    private func authorize(_ provider: UpstreamProvider, _ recorded: JSONObject) async throws {
        try begin(recorded)
        let challenge = CodeChallenge(verifier: CodeVerifier(random: CountingRandom()))
        let url = try await provider.authorizationURL(
            UpstreamAuthorizationRequest(
                state: UpstreamState(wireValue: "the-state"),
                challenge: challenge,
                nonce: provider.usesNonce ? PresetTests.nonce : nil,
                loginHint: "octo"
            )
        )
        let endpoint = try #require(recorded["endpoint"]?.stringValue)
        #expect(url.hasPrefix(endpoint + "?"))
        let query = try FormParameters(query: String(url.dropFirst(endpoint.count + 1)))
        var expected: [String: String?] = [
            "response_type": "code", "client_id": provider.clientID, "redirect_uri": PresetTests.callback,
            "state": "the-state", "code_challenge": challenge.text, "code_challenge_method": "S256",
        ]
        for (name, value) in recorded["parameters"]?.objectValue?.members ?? [] {
            expected[name] = value == "{{nonce}}" ? PresetTests.nonce : value.stringValue
        }
        // A parameter that the recording has as null is not sent.
        let sent = expected.filter { $0.value != nil }
        for (name, value) in sent { #expect(try query.single(name) == value, "\(name)") }
        #expect(Set(query.names) == Set(sent.keys))
        #expect(transport.remaining == 0)
    }

    private func play(_ step: JSONObject, _ provider: UpstreamProvider) async throws {
        try begin(step)
        let expected = step["expected"]?.objectValue ?? [:]
        do {
            switch step["kind"]?.stringValue {
            case "login": try await playLogin(step, provider, expected)
            case "refresh": try await playRefresh(step, provider, expected)
            case "revocation":
                let hint = try #require(step["hint"]?.stringValue.flatMap(UpstreamTokenHint.init))
                let result = try await provider.revoke(token: step["token"]?.stringValue ?? "", hint: hint)
                #expect(result.rawValue == expected["result"]?.stringValue)
            default: Issue.record("a step of an unknown kind")
            }
            #expect(expected["error"] == nil, "accepted: \(step.serializedString())")
        } catch let error as UpstreamError {
            #expect(error.code.name == expected["error"]?.stringValue, "\(error): \(step.serializedString())")
            #expect(error.retryAfter?.wholeSeconds == expected["retry_after"]?.integerValue.map(Int64.init))
        }
        #expect(transport.remaining == 0)
    }

    private func playLogin(_ step: JSONObject, _ provider: UpstreamProvider, _ expected: JSONObject) async throws {
        let login = try await provider.login(
            code: "the-code",
            verifier: CodeVerifier(random: CountingRandom()),
            nonce: provider.usesNonce ? PresetTests.nonce : nil,
            issuerParameter: step["issuer_parameter"]?.stringValue
        )
        #expect(login.subject == expected["subject"]?.stringValue)
        #expect(login.accountName == expected["account_name"]?.stringValue)
        #expect(login.name == expected["name"]?.stringValue)
        #expect(login.verifiedEmail == expected["verified_email"]?.stringValue)
        #expect(login.claims.members.allSatisfy { !$0.name.hasSuffix("_token") })
        try compare(login.tokens, expected, scopes: login.scopes)
    }

    private func playRefresh(_ step: JSONObject, _ provider: UpstreamProvider, _ expected: JSONObject) async throws {
        let response = try await provider.refresh(refreshToken: step["token"]?.stringValue ?? "")
        try compare(response, expected, scopes: response.scopes)
        do {
            try await provider.validateRefreshedIDToken(response, expectedSubject: step["subject"]?.stringValue ?? "")
            #expect(expected["validation_error"] == nil)
        } catch {
            #expect(error.code.name == expected["validation_error"]?.stringValue)
        }
    }

    private func compare(_ tokens: UpstreamTokenResponse, _ expected: JSONObject, scopes: ScopeSet?) throws {
        #expect(tokens.accessToken == expected["access_token"]?.stringValue)
        #expect(tokens.refreshToken == expected["refresh_token"]?.stringValue)
        #expect(tokens.lifetime?.wholeSeconds == expected["expires_in"]?.integerValue.map(Int64.init))
        #expect(scopes?.text == expected["scopes"]?.stringValue)
    }
}

extension UpstreamError.Code {
    /// The name as the recordings have it.
    var name: String {
        if case .temporarilyUnavailable = self { return "temporarilyUnavailable" }
        return "\(self)"
    }
}
