import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("RFC 7517: a provider's keys, fetched when needed")
struct KeySetTests {
    private func asked(_ provider: ScriptedProvider) -> Int {
        provider.transport.requests(to: ScriptedProvider.keysURL).count
    }

    @Test("An unknown key causes one fetch; made-up ones cause no further fetch for half a minute")
    func unknownKey() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let rotated = try TestKeys.key(.es256, "key-2")
        let answer = provider.tokenAnswer(idToken: try provider.idToken(key: rotated))
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        // This login has just fetched the set, so it is not fetched again.
        #expect(try await error { try await client.login() }.code == .invalidIDToken)
        #expect(asked(provider) == 1)
        provider.time.advance(by: .seconds(30))
        #expect(try await error { try await client.login() }.code == .invalidIDToken)
        #expect(asked(provider) == 2)
        #expect(try await error { try await client.login() }.code == .invalidIDToken)
        #expect(asked(provider) == 2)
        provider.time.advance(by: .seconds(30))
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.keys([provider.key, rotated]))
        #expect(try await client.login().subject == ScriptedProvider.subject)
        #expect(asked(provider) == 3)
    }

    @Test("While the keys cannot be fetched the old ones are used, and an unknown key is an outage and no forgery")
    func staleKeys() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        let client = try provider.client()
        _ = try await client.login()
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.failure(.timeout))
        provider.time.advance(by: .seconds(1000))
        #expect(try await client.login().subject == ScriptedProvider.subject)
        #expect(asked(provider) == 2)
        provider.time.advance(by: .seconds(31))
        let rotated = try TestKeys.key(.es256, "key-2")
        let answer = provider.tokenAnswer(idToken: try provider.idToken(key: rotated))
        provider.transport.replace(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        let error = try await error { try await client.login() }
        #expect(error.isTemporary)
    }

    @Test("While there are no keys the code is not redeemed")
    func noKeys() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.status(503, retryAfter: "9"))
        let error = try await error { try await provider.client().login() }
        #expect(error.retryAfter == .seconds(9))
        #expect(provider.transport.requests(to: ScriptedProvider.tokenURL).isEmpty)
    }

    @Test(
        "A key set that is none is refused",
        arguments: ["{}", "[]", "<html>", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#]
    )
    func malformed(text: String) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.text(text))
        #expect(try await error { try await provider.client().login() }.code == .invalidResponse)
    }

    @Test("P-15: a set of more than 512 keys is refused")
    func tooManyKeys() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        let keys = Array(repeating: provider.key, count: 513)
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.keys(keys))
        #expect(try await error { try await provider.client().login() }.code == .invalidResponse)
    }

    @Test("A token without kid is checked with every key of its type, and a rotation is noticed too")
    func withoutKeyID() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        let client = try provider.client()
        _ = try await client.login()
        let rotated = try TestKeys.key(.es256, "key-2")
        let header = Base64URL.encode(Array(#"{"alg":"ES256"}"#.utf8))
        let input = header + "." + Base64URL.encode(provider.claims.serialized())
        let signature = try rotated.privateKey.signature(for: Array(input.utf8), using: .es256)
        let token = input + "." + Base64URL.encode(signature)
        provider.transport.replace(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(provider.tokenAnswer(idToken: token))
        )
        provider.transport.replace(ScriptedProvider.keysURL, ScriptedTransport.keys([rotated]))
        provider.time.advance(by: .seconds(31))
        #expect(try await client.login().subject == ScriptedProvider.subject)
    }
}
