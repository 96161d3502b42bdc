import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("Two nodes: codes, refresh tokens and endings")
struct SessionRaceTests {
    private static let now = StoreSample.now
    private static let connection = ConnectionID(value: 77)

    /// The outcomes of 64 who do the same at once, half of them at each node.
    private static func race<Outcome: Sendable>(
        _ nodes: TwoNodes,
        _ body: @escaping @Sendable (any AuthorizationStore) async throws -> Outcome
    ) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for number in 0..<StoreSample.racerCount {
                let store = number.isMultiple(of: 2) ? nodes.first.sessions : nodes.second.sessions
                group.addTask { try await body(store) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("TK-6: of 64 who race with one code one redeems it, and the replays end its session")
    func oneCode() async throws {
        let nodes = try await TwoNodes()
        _ = try await nodes.first.sessions.issueCode(
            StoreSample.digest("code"),
            for: StoreSample.grant(),
            now: Self.now
        )
        .outcome
        let outcomes = try await Self.race(nodes) { store in
            try await store.redeem(StoreSample.redemption("code"), now: Self.now).outcome
        }
        #expect(outcomes.count { if case .redeemed = $0 { true } else { false } } == 1)
        #expect(outcomes.count { $0 == .replayed(SessionID(value: 1)) } == outcomes.count - 1)
        #expect(try await nodes.second.sessions.session(SessionID(value: 1), now: Self.now) == nil)
    }

    @Test("FD-1: 64 who race with one refresh token all get the same successor")
    func oneRefreshToken() async throws {
        let nodes = try await TwoNodes()
        let session = try await nodes.first.sessions.opened(StoreSample.grant())
        let outcomes = try await Self.race(nodes) { store in
            try await store.rotate(StoreSample.use(generation: 1), now: Self.now).outcome
        }
        let generations = outcomes.map { outcome in
            switch outcome {
            case .rotated(let session), .repeated(let session): session.generation
            default: UInt32(0)
            }
        }
        #expect(Set(generations) == [2])
        #expect(outcomes.count { if case .rotated = $0 { true } else { false } } == 1)
        #expect(try await nodes.second.sessions.session(session.id, now: Self.now)?.generation == 2)
    }

    @Test("RV-1: a session that is revoked at one node is refused at the other, with its tokens")
    func revocation() async throws {
        let nodes = try await TwoNodes()
        let session = try await nodes.first.sessions.opened(StoreSample.grant())
        let token = AccessTokenReference(tokenID: "token", sessionID: session.id)
        #expect(try await nodes.second.sessions.standing(of: token, now: Self.now) == .session(session))
        _ = try await nodes.first.sessions.revoke(session.id).outcome
        #expect(try await nodes.second.sessions.standing(of: token, now: Self.now) == .revoked)
        let refresh = try await nodes.second.sessions.rotate(StoreSample.use(generation: 1), now: Self.now).outcome
        #expect(refresh == .unknown)
    }

    @Test("CO-3: a login that began at one node returns to the other, and a ticket is used once")
    func anyNode() async throws {
        let nodes = try await TwoNodes()
        let (ticket, state) = (StoreSample.digest("ticket"), StoreSample.digest("state"))
        let end = Self.now + .seconds(600)
        let first = try await nodes.first.sessions.consumeOnce(ticket, until: end, now: Self.now).outcome
        let second = try await nodes.second.sessions.consumeOnce(ticket, until: end, now: Self.now).outcome
        #expect((first, second) == (.consumed, .alreadyUsed))
        let pending = StoreSample.pending()
        _ = try await nodes.first.sessions.begin(pending, state: state, now: Self.now).outcome
        let taken = try await nodes.second.sessions.takePending(
            state: state,
            upstream: pending.upstream,
            binding: pending.binding,
            now: Self.now
        ).outcome
        #expect(taken == .taken(pending))
        let code = try await nodes.first.sessions.issueCode(
            StoreSample.digest("code"),
            for: StoreSample.grant(),
            now: Self.now
        ).outcome
        #expect(code == .admitted)
        let redeemed = try await nodes.second.sessions.redeem(StoreSample.redemption("code"), now: Self.now).outcome
        guard case .redeemed = redeemed else {
            Issue.record("the redemption came to \(redeemed)")
            return
        }
    }

    @Test("LO-1: an ending at one node and a redemption at the other leave no session, in whichever order they come")
    func endingAndRedemption() async throws {
        let nodes = try await TwoNodes()
        for number in UInt64(1)...24 {
            var grant = StoreSample.grant(number)
            grant.connections = [Self.connection]
            let code = "code \(number)"
            _ = try await nodes.first.sessions.issueCode(StoreSample.digest(code), for: grant, now: Self.now).outcome
            async let redeemed = nodes.first.sessions.redeem(StoreSample.redemption(code), now: Self.now).outcome
            async let ended = nodes.second.sessions.end(SessionEnding(connections: [Self.connection])).outcome
            _ = try await (redeemed, ended)
            let kept = try await nodes.first.sessions.session(SessionID(value: Bits128(number)), now: Self.now)
            #expect(kept == nil, "round \(number)")
        }
    }

    @Test("LO-1: an ending at one node reaches a login whose callback is at work at the other")
    func endingAndCallback() async throws {
        let nodes = try await TwoNodes()
        for number in UInt64(1)...24 {
            var pending = StoreSample.pending(number)
            pending.connections = [Self.connection]
            let state = StoreSample.digest("state \(number)")
            _ = try await nodes.first.sessions.begin(pending, state: state, now: Self.now).outcome
            _ = try await nodes.first.sessions.takePending(
                state: state,
                upstream: pending.upstream,
                binding: pending.binding,
                now: Self.now
            ).outcome
            let code = "code \(number)"
            var grant = StoreSample.grant(number)
            grant.connections = [Self.connection]
            async let issued = nodes.first.sessions.issueCode(
                StoreSample.digest(code),
                for: grant,
                now: Self.now
            ).outcome
            async let ended = nodes.second.sessions.end(SessionEnding(connections: [Self.connection])).outcome
            _ = try await (issued, ended)
            let redeemed = try await nodes.first.sessions.redeem(StoreSample.redemption(code), now: Self.now).outcome
            #expect(redeemed == .unknown, "round \(number)")
        }
    }

    @Test("LO-1: a further leg at one node does not escape an ending at the other")
    func endingAndFurtherLeg() async throws {
        let nodes = try await TwoNodes()
        for number in UInt64(1)...24 {
            var begun = StoreSample.pending(number)
            begun.connections = [Self.connection]
            let pending = begun
            let (state, next) = (StoreSample.digest("state \(number)"), StoreSample.digest("next \(number)"))
            func take(_ state: SHA256Digest) async throws -> PendingOutcome {
                try await nodes.first.sessions.takePending(
                    state: state,
                    upstream: pending.upstream,
                    binding: pending.binding,
                    now: Self.now
                ).outcome
            }
            _ = try await nodes.first.sessions.begin(pending, state: state, now: Self.now).outcome
            _ = try await take(state)
            async let leg = nodes.first.sessions.begin(pending, state: next, now: Self.now).outcome
            async let ended = nodes.second.sessions.end(SessionEnding(connections: [Self.connection])).outcome
            _ = try await (leg, ended)
            #expect(try await take(next) == .unknown, "round \(number)")
        }
    }
}
