import Testing

@testable import ServerCommand

@Suite("P-12 to P-17: the keys for a provider's documents, tokens and answers")
struct UpstreamVerificationKeyTests {
    private static let upstream =
        "name: n, type: oidc, issuer: 'https://i.example', client_id: c, client_secret: {env: S}"

    private static func lines(_ yaml: String) -> [String] {
        refusals("issuer: https://a.example\nupstreams: [{\(yaml), \(upstream)}]")
    }

    @Test(
        "accepted",
        arguments: [
            "discovery_url: 'https://i.example/x/.well-known/openid-configuration'", "jwks_uri: 'https://i.example/k'",
            "issuer_in_tokens: 'https://j.example'", "issuer_in_tokens: ['https://i.example', 'https://j.example/']",
            "callback_method: form_post", "callback_method: query", "dead_grant_words: [invalid_request, 404, is dead]",
            "id_token_algorithms: [ES384, RS512, EdDSA, Ed25519]", "clock_skew: 120s", "clock_skew: 10m",
        ]
    )
    func accepted(yaml: String) {
        // Refusals about the environment are not about the key.
        #expect(Self.lines(yaml).allSatisfy { !$0.contains(yaml.prefix { $0 != ":" }) })
    }

    @Test(
        "refused by their names",
        arguments: [
            "discovery_url: 'http://i.example/x'", "discovery_url: x", "jwks_uri: 'http://i.example/k'",
            "issuer_in_tokens: []", "callback_method: fragment", "id_token_algorithms: [HS256]",
            "id_token_algorithms: [none]", "id_token_algorithms: []", "clock_skew: 11m", "clock_skew: 60",
        ]
    )
    func refused(yaml: String) {
        let name = String(yaml.prefix { $0 != ":" })
        #expect(Self.lines(yaml).contains { $0.contains("upstreams[0].\(name)") }, "\(Self.lines(yaml))")
    }
}
