import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7636: Proof Key for Code Exchange.
@Suite("RFC 7636: PKCE")
struct ProofKeyForCodeExchangeTests {
    // RFC 7636 Appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    private func refusal(_ challenge: String?, _ method: String?) -> OAuthError.Code? {
        do {
            _ = try CodeChallenge(challenge: challenge, method: method)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("RFC 7636 Appendix B: the challenge of the published verifier")
    func publishedVector() throws {
        let verifier = try #require(CodeVerifier(Self.verifier))
        let challenge = try CodeChallenge(challenge: Self.challenge, method: "S256")
        #expect(CodeChallenge(verifier: verifier) == challenge)
        #expect(challenge.text == Self.challenge)
        #expect(CodeChallenge(digest: challenge.digest) == challenge)
    }

    @Test("D-14: another verifier has another challenge")
    func otherVerifier() throws {
        let other = try #require(CodeVerifier(String(Self.verifier.dropLast()) + "l"))
        #expect(CodeChallenge(verifier: other).text != Self.challenge)
    }

    @Test("AZ-7, AZ-10, D-12: no challenge is an invalid request, with or without a method", arguments: ["S256", nil])
    func absentChallenge(method: String?) {
        #expect(refusal(nil, method) == .invalidRequest)
        #expect(refusal("", method) == .invalidRequest)
    }

    @Test(
        "AZ-8, D-12: any method but S256, and none, is an invalid request",
        arguments: [String?.none, "", "plain", "s256", "S256 ", " S256", "S512", "S256,plain", "Ѕ256", "none"]
    )
    func wrongMethods(method: String?) {
        #expect(refusal(Self.challenge, method) == .invalidRequest)
    }

    @Test(
        "AZ-9: a challenge that is not 43 base64url characters of 32 bytes is an invalid request",
        arguments: [
            String(challenge.dropLast()), challenge + "A", challenge + "=", "a",
            String(repeating: "A", count: 42) + "+",
            String(repeating: "A", count: 42) + "/", String(repeating: "A", count: 42) + "=",
            String(repeating: "A", count: 42) + " ", String(repeating: "A", count: 42) + "\u{212A}",
            // The last character has two bits too many: a second spelling of the same challenge.
            String(challenge.dropLast()) + "N", String(repeating: "A", count: 128),
        ]
    )
    func malformedChallenges(challenge: String) {
        #expect(refusal(challenge, "S256") == .invalidRequest)
    }

    @Test(
        "TK-4: a verifier has 43 to 128 unreserved characters",
        arguments: [
            (String(repeating: "a", count: 43), true), (String(repeating: "a", count: 128), true),
            (String(repeating: "Az09-._~", count: 6), true), (String(repeating: "a", count: 42), false),
            (String(repeating: "a", count: 129), false), ("", false), (String(repeating: "a", count: 42) + "+", false),
            (String(repeating: "a", count: 42) + " ", false), (String(repeating: "a", count: 42) + "=", false),
            (String(repeating: "a", count: 42) + "\u{212A}", false), (String(repeating: "é", count: 43), false),
            (String(repeating: "a", count: 43) + "\n", false), (String(repeating: "%41", count: 15), false),
        ]
    )
    func verifiers(text: String, isAccepted: Bool) {
        #expect((CodeVerifier(text) != nil) == isAccepted)
    }

    @Test("our own verifiers are accepted and differ")
    func freshVerifiers() {
        let verifiers = (0..<20).map { _ in CodeVerifier(random: SystemRandomSource()).value }
        #expect(Set(verifiers).count == 20)
        #expect(verifiers.allSatisfy { CodeVerifier($0) != nil })
    }
}
