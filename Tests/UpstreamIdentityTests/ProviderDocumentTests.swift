import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("P-16: discovery documents as providers publish them")
struct ProviderDocumentTests {
    private static let origin = "https://login.corp.example"

    private static func moved(_ location: String, status: Int = 301) -> ScriptedTransport.Answer {
        { _ in .success(OutboundResponse(status: status, headerFields: [("Location", location)], body: [])) }
    }

    @Test(
        "P-16: a document and a key set that moved within their host are found",
        arguments: [
            (origin + "/elsewhere", 301), ("/elsewhere", 302), (origin + "/elsewhere", 307), ("/elsewhere", 308),
        ]
    )
    func redirects(location: String, status: Int) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(ScriptedProvider.configurationURL, Self.moved(location, status: status))
        provider.transport.on(Self.origin + "/elsewhere", ScriptedTransport.json(ScriptedProvider.document))
        provider.transport.replace(ScriptedProvider.keysURL, Self.moved("certs"))
        provider.transport.on(ScriptedProvider.issuer + "/certs", ScriptedTransport.keys([provider.key]))
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
    }

    @Test(
        "P-16: a redirect to another host, port or to plain http is not followed, nor one without end",
        arguments: [
            "https://evil.example/x", "http://login.corp.example/x", "https://login.corp.example:8443/x",
            "//evil.example/x", "https://user@login.corp.example/x", "https://login.corp.example.evil.example/x",
            "javascript:alert(1)", "",
        ]
    )
    func refusedRedirects(location: String) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(ScriptedProvider.configurationURL, Self.moved(location))
        let error = try await error { try await provider.client().login() }
        #expect(!error.isTemporary && error.failureReason == .discoveryFailed)
        #expect(provider.transport.requests.allSatisfy { $0.url.hasPrefix(Self.origin + "/") })
        let loop = try ScriptedProvider()
        loop.transport.replace(ScriptedProvider.configurationURL, Self.moved(ScriptedProvider.configurationURL))
        #expect(try await self.error(of: loop).code == .misconfigured)
        #expect(loop.transport.requests.count == UpstreamExchange.redirectCountMax + 1)
    }

    private func error(of provider: ScriptedProvider) async throws -> UpstreamError {
        try await error { try await provider.client().login() }
    }

    private func error<Value>(_ operation: () async throws -> Value) async throws -> UpstreamError {
        do { _ = try await operation() } catch let error as UpstreamError { return error }
        throw MissingRefusal()
    }

    @Test(
        "P-16: a document at the place of RFC 8414 alone is found",
        arguments: ["/.well-known/oauth-authorization-server/realm", "/.well-known/openid-configuration/realm"]
    )
    func otherPlaces(path: String) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        for place in ["/.well-known/oauth-authorization-server/realm", "/.well-known/openid-configuration/realm"] {
            provider.transport.replace(Self.origin + place, ScriptedTransport.status(404))
        }
        provider.transport.replace(ScriptedProvider.configurationURL, ScriptedTransport.status(404))
        provider.transport.replace(Self.origin + path, ScriptedTransport.json(ScriptedProvider.document))
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
    }

    @Test("P-16: another place's document must name the issuer too")
    func otherPlaceOtherIssuer() async throws {
        let provider = try ScriptedProvider()
        var document = ScriptedProvider.document
        document["issuer"] = "https://evil.example"
        provider.transport.replace(ScriptedProvider.configurationURL, ScriptedTransport.status(404))
        provider.transport.replace(
            Self.origin + "/.well-known/oauth-authorization-server/realm",
            ScriptedTransport.json(document)
        )
        #expect(try await error(of: provider).code == .misconfigured)
    }

    @Test(
        "P-16: endpoints that a login does not need may be empty, relative or nonsense",
        arguments: ["userinfo_endpoint", "revocation_endpoint", "registration_endpoint"],
        [JSONValue.string(""), "/relative", "http://login.corp.example/x", 7, .null]
    )
    func unusedEndpoints(name: String, value: JSONValue) async throws {
        let provider = try ScriptedProvider { $0[name] = value }
        try provider.answerCode()
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
        #expect(provider.transport.requests.allSatisfy { $0.url.hasPrefix("https://") })
    }

    @Test("P-16: Azure B2C: the policy is in the document's URL and not in the issuer")
    func discoveryURL() async throws {
        let url = Self.origin + "/corp.onmicrosoft.com/b2c_1_signin/v2.0/.well-known/openid-configuration"
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(ScriptedProvider.configurationURL, ScriptedTransport.status(404))
        provider.transport.on(url, ScriptedTransport.json(ScriptedProvider.document))
        let client = try provider.client { $0.behaviour.discoveryURL = url }
        #expect(try await client.login().subject == ScriptedProvider.subject)
        #expect(provider.transport.requests(to: ScriptedProvider.configurationURL).isEmpty)
        // The document there must still be the issuer's.
        let other = try provider.client {
            $0.kind = .openID(issuer: "https://login.corp.example/other")
            $0.behaviour.discoveryURL = url
        }
        #expect(try await error { try await other.login() }.code == .misconfigured)
        let insecure = try await error { try provider.client { $0.behaviour.discoveryURL = "http://x.example/" } }
        #expect(insecure.code == .misconfigured)
    }

    @Test("P-16: tokens of another issuer than the document's, with a slash or renamed, need issuer_in_tokens")
    func issuerInTokens() async throws {
        for named in [ScriptedProvider.issuer + "/", "https://appleid.corp.example"] {
            let provider = try ScriptedProvider()
            try provider.answerCode { $0["iss"] = .string(named) }
            #expect(try await error(of: provider).code == .invalidIDToken)
            let client = try provider.client { $0.behaviour.issuersInTokens = [named] }
            #expect(try await client.login().subject == ScriptedProvider.subject)
            #expect(client.configuration.loosenedVerification.map(\.key) == ["issuer_in_tokens"])
            // Then the document's own issuer is not one of tokens.
            let document = try ScriptedProvider()
            try document.answerCode()
            let strict = try document.client { $0.behaviour.issuersInTokens = [named] }
            #expect(try await error { try await strict.login() }.code == .invalidIDToken)
        }
    }

    @Test("P-16: a document that was renamed, as Apple's of June 2025, keeps its users")
    func renamedDocument() async throws {
        let renamed = "https://account.corp.example"
        let provider = try ScriptedProvider { $0["issuer"] = .string(renamed) }
        try provider.answerCode()
        #expect(try await error(of: provider).code == .misconfigured)
        let client = try provider.client {
            $0.behaviour.discoveryURL = ScriptedProvider.configurationURL
            $0.behaviour.issuersInTokens = [ScriptedProvider.issuer, renamed]
        }
        #expect(try await client.login().subject == ScriptedProvider.subject)
        #expect(client.identityNamespace == ScriptedProvider.issuer)
        // Without the document's URL, one of the two issuers could be another's host.
        let unnamed = try provider.client { $0.behaviour.issuersInTokens = [ScriptedProvider.issuer, renamed] }
        #expect(try await error { try await unnamed.login() }.code == .misconfigured)
    }

    @Test("P-16: jwks_uri takes the place of the document's, which may then be anything")
    func keySetURL() async throws {
        let provider = try ScriptedProvider { $0["jwks_uri"] = "/relative" }
        try provider.answerCode()
        #expect(try await error(of: provider).code == .invalidResponse)
        let client = try provider.client { $0.behaviour.keySetURL = ScriptedProvider.keysURL }
        #expect(try await client.login().subject == ScriptedProvider.subject)
    }

    @Test("P-16: compressed answers are accepted everywhere")
    func contentCoding() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        _ = try await provider.client().login()
        let requests = provider.transport.requests
        #expect(requests.allSatisfy { $0.decodesContent })
    }

    @Test("P-17: form_post is asked for where it is configured, and nowhere else")
    func responseMode() async throws {
        let provider = try ScriptedProvider()
        let request = UpstreamAuthorizationRequest(
            state: UpstreamState(wireValue: "s"),
            challenge: CodeChallenge(verifier: CodeVerifier(random: CountingRandom()))
        )
        #expect(try await !provider.client().authorizationURL(request).contains("response_mode"))
        let client = try provider.client { $0.behaviour.callbackMethod = .formPost }
        #expect(try await client.authorizationURL(request).contains("&response_mode=form_post"))
    }
}
