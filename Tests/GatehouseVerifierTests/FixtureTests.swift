import Foundation
import GatehouseVerifier
import Synchronization
import Testing

/// The verdicts that the verifiers of all languages must reach: `Kits/fixtures`.
@Suite("The verifier for Swift servers")
struct FixtureTests {
    private struct Fixtures: Decodable {
        struct Case: Decodable {
            let name: String
            let token: String
            let skew: Int
            let scopes: [String]
            let verdict: String
        }
        let issuer: String
        let audience: String
        let now: Int64
        let cases: [Case]
    }

    private static func load() throws -> (Fixtures, keySet: [UInt8]) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "Kits/fixtures/access-tokens.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let keySet = try JSONSerialization.data(withJSONObject: try #require(json["jwks"]))
        return (try JSONDecoder().decode(Fixtures.self, from: data), Array(keySet))
    }

    private static func verifier(
        _ fixtures: Fixtures,
        _ keySet: [UInt8],
        skew: Int = 0,
        count: @escaping @Sendable (_ url: String) -> Void = { _ in }
    ) -> TokenVerifier {
        let metadata = Array(#"{"issuer":"\#(fixtures.issuer)","jwks_uri":"\#(fixtures.issuer)/keys"}"#.utf8)
        return TokenVerifier(issuer: fixtures.issuer, resource: fixtures.audience, skewSeconds: skew) { url in
            count(url)
            return url.hasSuffix("/keys") ? keySet : metadata
        }
    }

    @Test("200 of 200 policy fixtures")
    func fixtures() async throws {
        let (fixtures, keySet) = try Self.load()
        var wrong: [String] = []
        for row in fixtures.cases {
            let verdict: String
            do throws(VerificationError) {
                _ = try await Self.verifier(fixtures, keySet, skew: row.skew)
                    .verify(row.token, scopes: row.scopes, now: fixtures.now)
                verdict = "accept"
            } catch {
                switch error {
                case .invalidToken: verdict = "invalid"
                case .insufficientScope: verdict = "insufficient_scope"
                case .unavailable: verdict = "unavailable"
                }
            }
            if verdict != row.verdict { wrong.append("\(row.name): \(verdict) instead of \(row.verdict)") }
        }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(fixtures.cases.count == 200)
    }

    @Test("Keys are read once, again after an hour, and for unknown names at most six times a minute")
    func keySet() async throws {
        let (fixtures, keySet) = try Self.load()
        let requests = Mutex(0)
        let verifier = Self.verifier(fixtures, keySet) { url in
            if url.hasSuffix("/keys") { requests.withLock { $0 += 1 } }
        }
        let right = try #require(fixtures.cases.first { $0.verdict == "accept" })
        for _ in 0..<5 { _ = try await verifier.verify(right.token, now: fixtures.now) }
        #expect(requests.withLock { $0 } == 1)
        let unknown = try #require(fixtures.cases.first { $0.name == "kid 'unknown'" })
        for _ in 0..<20 {
            await #expect(throws: VerificationError.self) {
                try await verifier.verify(unknown.token, now: fixtures.now)
            }
        }
        #expect(requests.withLock { $0 } == 7)
        _ = try await verifier.verify(right.token, now: fixtures.now + 3599)
        #expect(requests.withLock { $0 } == 7)
        _ = try? await verifier.verify(right.token, now: fixtures.now + 3700)
        #expect(requests.withLock { $0 } == 8)
    }

    @Test("An issuer that does not answer is no invalid token, and metadata of another issuer is not used")
    func unavailable() async throws {
        let (fixtures, keySet) = try Self.load()
        let right = try #require(fixtures.cases.first { $0.verdict == "accept" })
        struct Down: Error {}
        let down = TokenVerifier(issuer: fixtures.issuer, resource: fixtures.audience) { _ in throw Down() }
        let foreign = TokenVerifier(issuer: fixtures.issuer, resource: fixtures.audience) { url in
            url.hasSuffix("/keys") ? keySet : Array(#"{"issuer":"https://x.example","jwks_uri":"https://x/keys"}"#.utf8)
        }
        for verifier in [down, foreign] {
            do throws(VerificationError) {
                _ = try await verifier.verify(right.token, now: fixtures.now)
                Issue.record("accepted without keys")
            } catch {
                guard case .unavailable = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }

    @Test("Metadata and challenges name the resource and the issuer exactly")
    func metadata() async throws {
        let (fixtures, keySet) = try Self.load()
        let verifier = Self.verifier(fixtures, keySet)
        #expect(verifier.metadataPath == "/.well-known/oauth-protected-resource/mcp")
        let text = String(decoding: verifier.resourceMetadata(scopes: ["mcp:read"]), as: UTF8.self)
        #expect(text.contains(#""authorization_servers":["https://auth.example.com"]"#))
        let place = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
        #expect(verifier.challenge(nil) == "Bearer " + place)
        #expect(verifier.challenge(.invalidToken(reason: "x")) == "Bearer error=\"invalid_token\", " + place)
        #expect(
            verifier.challenge(.insufficientScope(required: ["a", "b"]))
                == "Bearer error=\"insufficient_scope\", scope=\"a b\", " + place
        )
    }
}
