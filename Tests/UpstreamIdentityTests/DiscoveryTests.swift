import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("OpenID Connect Discovery 1.0: a provider's document")
struct DiscoveryTests {
    @Test(
        "A document that names another issuer is refused, whatever it looks like (UP-2)",
        arguments: [
            "https://login.corp.example", "https://login.corp.example/realm/", "https://LOGIN.corp.example/realm",
            "https://evil.example", "",
        ]
    )
    func otherIssuer(issuer: String) async throws {
        let provider = try ScriptedProvider { $0["issuer"] = .string(issuer) }
        #expect(try await error { try await provider.client().login() }.code == .misconfigured)
        #expect(provider.transport.requests(to: ScriptedProvider.tokenURL).isEmpty)
    }

    @Test(
        "Endpoints that are not https, or missing, are refused",
        arguments: ["token_endpoint", "authorization_endpoint", "jwks_uri"],
        [
            JSONValue.string("http://login.corp.example/x"), .null, 7, "https://user@login.corp.example/",
            "javascript:alert(1)",
        ]
    )
    func endpoints(name: String, value: JSONValue) async throws {
        let provider = try ScriptedProvider { $0[name] = value }
        #expect(try await error { try await provider.client().login() }.code == .invalidResponse)
    }

    @Test("Plain http is accepted only from a provider that is configured for it")
    func insecure() async throws {
        let provider = try ScriptedProvider { $0["token_endpoint"] = "http://127.0.0.1:8000/token" }
        provider.transport.on(
            "http://127.0.0.1:8000/token",
            ScriptedTransport.json(provider.tokenAnswer(idToken: try provider.idToken()))
        )
        let client = try provider.client { $0.allowsInsecureHTTP = true }
        #expect(try await client.login().subject == ScriptedProvider.subject)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: ScriptedTransport.Answer
        let isTemporary: Bool
    }

    static let faults = [
        Fault(testDescription: "timeout", answer: ScriptedTransport.failure(.timeout), isTemporary: true),
        Fault(testDescription: "503", answer: ScriptedTransport.status(503), isTemporary: true),
        Fault(testDescription: "404", answer: ScriptedTransport.status(404), isTemporary: false),
        Fault(testDescription: "401", answer: ScriptedTransport.status(401), isTemporary: false),
        Fault(testDescription: "redirect", answer: ScriptedTransport.status(302), isTemporary: false),
        Fault(testDescription: "no JSON", answer: ScriptedTransport.text("<html>"), isTemporary: false),
        Fault(testDescription: "an array", answer: ScriptedTransport.text("[]"), isTemporary: false),
        Fault(
            testDescription: "refused address",
            answer: ScriptedTransport.failure(.addressRefused),
            isTemporary: false
        ),
        Fault(
            testDescription: "too large",
            answer: ScriptedTransport.body(Array(repeating: 0x20, count: (1 << 20) + 1), type: "application/json"),
            isTemporary: false
        ),
    ]

    @Test("A fault is classified, and the next login fetches again", arguments: faults)
    func fault(fault: Fault) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(
            ScriptedProvider.configurationURL,
            fault.answer,
            ScriptedTransport.json(ScriptedProvider.document)
        )
        let client = try provider.client()
        let error = try await error { try await client.login() }
        #expect(error.isTemporary == fault.isTemporary)
        #expect(!error.isTerminal && error.code != .invalidClient)
        #expect(try await client.login().subject == ScriptedProvider.subject)
    }

    @Test("The document is fetched once an hour; while the provider is down the old one is used for a day")
    func caching() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let request = UpstreamAuthorizationRequest(
            state: UpstreamState(wireValue: "s"),
            challenge: CodeChallenge(verifier: CodeVerifier(random: CountingRandom()))
        )
        func asked() -> Int { provider.transport.requests(to: ScriptedProvider.configurationURL).count }
        _ = try await client.authorizationURL(request)
        provider.time.advance(by: .seconds(3599))
        _ = try await client.authorizationURL(request)
        #expect(asked() == 1)
        provider.transport.replace(ScriptedProvider.configurationURL, ScriptedTransport.failure(.timeout))
        provider.time.advance(by: .seconds(1))
        _ = try await client.authorizationURL(request)
        #expect(asked() == 2)
        // While the provider is down, most logins use the copy without another fetch.
        _ = try await client.authorizationURL(request)
        #expect(asked() == 2)
        provider.time.advance(by: .seconds(30))
        _ = try await client.authorizationURL(request)
        #expect(asked() == 3)
        provider.time.advance(by: .seconds(86_400))
        #expect(try await error { try await client.authorizationURL(request) }.isTemporary)
    }

    @Test("A hundred concurrent first logins share one fetch")
    func singleFlight() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        let gate = Gate()
        let document = ScriptedTransport.json(ScriptedProvider.document)
        provider.transport.replace(
            ScriptedProvider.configurationURL,
            { request in
                await gate.wait()
                return await document(request)
            }
        )
        let client = try provider.client()
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { try await client.login().subject } }
            gate.open()
            for try await subject in group { #expect(subject == ScriptedProvider.subject) }
        }
        #expect(provider.transport.requests(to: ScriptedProvider.configurationURL).count == 1)
        #expect(provider.transport.requests(to: ScriptedProvider.keysURL).count == 1)
        #expect(provider.transport.requests(to: ScriptedProvider.tokenURL).count == 100)
    }

    @Test("A caller that is cancelled while it waits does not fail the others")
    func cancelledWaiter() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        let gate = Gate()
        let document = ScriptedTransport.json(ScriptedProvider.document)
        provider.transport.replace(
            ScriptedProvider.configurationURL,
            { request in
                await gate.wait()
                return await document(request)
            }
        )
        let client = try provider.client()
        let first = Task { try await client.login().subject }
        first.cancel()
        let second = Task { try await client.login().subject }
        gate.open()
        #expect(try await second.value == ScriptedProvider.subject)
        _ = await first.result
    }
}

@Suite("UP-2, D-64: which issuers are the provider's")
struct IssuerRuleTests {
    static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    static let host = "https://login.microsoftonline.com/"

    private func rule(_ segment: String) -> IssuerRule {
        IssuerRule(configured: Self.host + segment + "/v2.0", behaviour: UpstreamPreset.entra.behaviour)
    }

    @Test("For several tenants the document is a template, and each token bears its own tenant")
    func severalTenants() {
        let rule = rule("common")
        #expect(rule.accepts(documentIssuer: Self.host + "{tenantid}/v2.0"))
        #expect(!rule.accepts(documentIssuer: Self.host + "common/v2.0"))
        let issuer = Self.host + Self.tenant + "/v2.0"
        #expect(rule.accepts(tokenIssuer: issuer, claims: ["tid": .string(Self.tenant)]))
        #expect(!rule.accepts(tokenIssuer: issuer, claims: ["tid": "9188040d-6c67-4c5b-b112-36a304b66dad"]))
        #expect(!rule.accepts(tokenIssuer: issuer, claims: [:]))
        #expect(!rule.accepts(tokenIssuer: Self.host + "common/v2.0", claims: ["tid": "common"]))
        #expect(!rule.accepts(tokenIssuer: Self.host + "x/../y/v2.0", claims: ["tid": "x/../y"]))
        #expect(rule.accepts(parameter: issuer))
        #expect(!rule.accepts(parameter: "https://login.evil.example/\(Self.tenant)/v2.0"))
    }

    @Test("One tenant is one issuer, and its users keep their accounts when several tenants become one")
    func oneTenant() {
        let rule = rule(Self.tenant)
        let issuer = Self.host + Self.tenant + "/v2.0"
        #expect(rule.accepts(documentIssuer: issuer))
        #expect(!rule.accepts(documentIssuer: Self.host + "{tenantid}/v2.0"))
        #expect(rule.accepts(tokenIssuer: issuer, claims: [:]))
        #expect(!rule.accepts(tokenIssuer: Self.host + "other/v2.0", claims: ["tid": "other"]))
        #expect(rule.identityNamespace == self.rule("common").identityNamespace)
    }
}
