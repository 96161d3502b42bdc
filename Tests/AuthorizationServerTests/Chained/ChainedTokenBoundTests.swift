import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

@testable import AuthorizationServer

@Suite("The tokens of foreign authorization servers in memory are bounded")
struct ChainedTokenBoundTests {
    private static func token(_ text: String, at now: Timestamp, lifetime: Duration?) -> ChainedToken {
        ChainedToken(
            accessToken: text,
            scopes: nil,
            expiry: lifetime.map { now + $0 },
            fields: [:],
            obtainedAt: now
        )
    }

    private static func key(_ index: UInt8) -> ChainedTokens.Key {
        ChainedTokens.Key(source: ConnectionID(bytes: [UInt8](repeating: index, count: 16)), upstream: "wiki")
    }

    @Test("beyond the bound those that end first go; what has ended goes before")
    func eviction() async throws {
        let tokens = ChainedTokens(countMax: 8)
        let now = ManualClock().now()
        for index in 0..<8 {
            let kept = Self.token("\(index)", at: now, lifetime: .seconds(index == 3 ? 60 : 600 + index))
            _ = try await tokens.obtained(for: Self.key(UInt8(index))) { .success(kept) }
        }
        #expect(tokens.count == 8)
        let ninth = Self.token("8", at: now, lifetime: .seconds(600))
        _ = try await tokens.obtained(for: Self.key(8)) { .success(ninth) }
        #expect(tokens.count == 8)
        let evicted = tokens.token(for: Self.key(3), now: now)
        #expect(evicted == nil)
        for index in [0, 1, 2, 4, 5, 6, 7, 8] as [UInt8] {
            let held = tokens.token(for: Self.key(index), now: now)
            #expect(held?.accessToken == "\(index)")
        }
        let later = now + .seconds(3600)
        let tenth = Self.token("9", at: later, lifetime: .seconds(600))
        _ = try await tokens.obtained(for: Self.key(9)) { .success(tenth) }
        #expect(tokens.count == 1)
    }

    @Test("a token without a stated lifetime is kept for five minutes, and none longer after the clock is set back")
    func lifetimes() async throws {
        let tokens = ChainedTokens()
        let now = ManualClock().now()
        let key = Self.key(1)
        let kept = Self.token("a", at: now, lifetime: nil)
        _ = try await tokens.obtained(for: key) { .success(kept) }
        for (seconds, isHeld) in [(0, true), (299, true), (300, false), (-1, false)] {
            let held = tokens.token(for: key, now: now + .seconds(seconds))
            #expect((held != nil) == isHeld, "\(seconds)")
        }
    }

    @Test("a failure keeps nothing, and what is meant by a report alone is forgotten")
    func forgets() async throws {
        let tokens = ChainedTokens()
        let now = ManualClock().now()
        let key = Self.key(1)
        await #expect(throws: UpstreamCredentialError.self) {
            _ = try await tokens.obtained(for: key) { .failure(.sessionEnded) }
        }
        #expect(tokens.count == 0)
        let kept = Self.token("a", at: now, lifetime: nil)
        _ = try await tokens.obtained(for: key) { .success(kept) }
        let isOther = tokens.forget(key) { $0.accessToken == "b" }
        let isMeant = tokens.forget(key) { $0.accessToken == "a" }
        let isAbsent = tokens.forget(key) { _ in false }
        #expect(!isOther && isMeant && isAbsent && tokens.count == 0)
    }
}
