import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

/// Random logins of a few users, ended in every way, against a model that looks through everything.
@Suite("AuthorizationSessions: what its indexes find is what a search of everything finds")
struct SessionIndexModelTests {
    private enum Place: Equatable {
        case pending(String)
        case inHand(isEnded: Bool)
        case code(String, isRedeemed: Bool)
    }

    private struct Login {
        var grant: AuthorizationGrant
        var place: Place
        var expiry: Timestamp
    }

    private struct Run {
        let store: AuthorizationSessions
        let journal = RecordingJournal()
        var random: SeededRandom
        var now = StoreSample.now
        var serial = 0
        var logins: [SessionID: Login] = [:]
        var sessions: [SessionID: Session] = [:]

        static let users = (1...4).map { UserID(value: Bits128($0)) }
        static let connections = (1...4).flatMap { user in (0..<3).map { ConnectionID(value: Bits128(user * 10 + $0)) }
        }

        init(seed: UInt64) {
            store = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
            random = SeededRandom(seed: seed)
        }

        mutating func step() async throws {
            serial += 1
            switch random.below(12) {
            case 0, 1: try await begin(nil)
            case 2: try await begin(any { if case .inHand = $0 { true } else { false } })
            case 3, 4: try await take()
            case 5, 6: try await issue()
            case 7, 8: try await redeem()
            case 9: try await abandonOrRevoke()
            case 10: if random.chance(30) { try await end() }
            default: await sweep()
            }
            await compare(store)
        }

        private mutating func any(_ isPicked: (Place) -> Bool) -> SessionID? {
            let ids = logins.filter { isPicked($0.value.place) }.keys.sorted { $0.value < $1.value }
            return ids.isEmpty ? nil : ids[random.below(ids.count)]
        }

        private mutating func newGrant() -> AuthorizationGrant {
            let user = random.below(4)
            var grant = StoreSample.grant(UInt64(1000 + serial))
            grant.userID = Self.users[user]
            grant.connections = (0..<3).filter { _ in random.chance(50) }.map { Self.connections[user * 3 + $0] }
            return grant
        }

        private mutating func begin(_ known: SessionID?) async throws {
            let login = known.flatMap { logins[$0] }
            var grant = login?.grant ?? newGrant()
            if let connection = Self.connections.first(where: { !grant.connections.contains($0) }), random.chance(50),
                login != nil
            {
                grant.connections.append(connection)
            }
            let state = "state \(serial)"
            let outcome = try await store.begin(pending(grant), state: StoreSample.digest(state), now: now).outcome
            let isEnded = login?.place == .inHand(isEnded: true)
            #expect(outcome == (isEnded ? .ended : .admitted))
            guard !isEnded else { return }
            let expiry = now + PendingLogin.lifetime
            logins[grant.sessionID] = Login(grant: grant, place: .pending(state), expiry: expiry)
        }

        private func pending(_ grant: AuthorizationGrant) -> PendingLogin {
            var pending = StoreSample.pending(expiry: now + PendingLogin.lifetime)
            (pending.sessionID, pending.userID) = (grant.sessionID, grant.userID)
            pending.connections = grant.connections
            return pending
        }

        private mutating func take() async throws {
            guard let id = any({ if case .pending = $0 { true } else { false } }), let login = logins[id],
                case .pending(let state) = login.place
            else { return }
            let outcome = try await store.takePending(
                state: StoreSample.digest(state),
                upstream: "github",
                binding: StoreSample.digest("browser"),
                now: now
            ).outcome
            guard case .taken(let taken) = outcome else {
                Issue.record("taking a login came to \(outcome)")
                return
            }
            #expect(taken.connections == login.grant.connections)
            logins[id]?.place = .inHand(isEnded: false)
            logins[id]?.expiry = now + .seconds(600)
        }

        private mutating func issue() async throws {
            let id = any { if case .inHand = $0 { true } else { false } }
            let login = id.flatMap { logins[$0] }
            let grant = login?.grant ?? newGrant()
            let code = "code \(serial)"
            let isEnded = login?.place == .inHand(isEnded: true)
            let outcome = try await store.issueCode(StoreSample.digest(code), for: grant, now: now).outcome
            #expect(outcome == (isEnded ? .ended : .admitted))
            guard !isEnded else { return }
            let place = Place.code(code, isRedeemed: false)
            logins[grant.sessionID] = Login(grant: grant, place: place, expiry: now + .seconds(660))
        }

        private mutating func redeem() async throws {
            let replays = random.chance(10)
            guard let id = any({ if case .code(_, let isRedeemed) = $0 { isRedeemed == replays } else { false } }),
                let login = logins[id],
                case .code(let code, let isRedeemed) = login.place
            else { return }
            let outcome = try await store.redeem(StoreSample.redemption(code), now: now).outcome
            if isRedeemed {
                #expect(outcome == .replayed(id))
                sessions[id] = nil
            } else if now >= login.expiry - .seconds(600) {
                #expect(outcome == .expired)
            } else if case .redeemed(let session, _) = outcome {
                sessions[id] = session
                logins[id]?.place = .code(code, isRedeemed: true)
            } else {
                Issue.record("redeeming came to \(outcome)")
            }
        }

        private mutating func abandonOrRevoke() async throws {
            if random.chance(50), let id = any({ if case .inHand = $0 { true } else { false } }) {
                await store.abandon(id)
                logins[id] = nil
            } else if let id = anySession() {
                #expect(try await store.revoke(id).outcome == sessions.removeValue(forKey: id))
            }
        }

        private mutating func anySession() -> SessionID? {
            let ids = sessions.keys.sorted { $0.value < $1.value }
            return ids.isEmpty ? nil : ids[random.below(ids.count)]
        }

        // As the store did it before it had indexes.
        private mutating func end() async throws {
            var ending = SessionEnding()
            for _ in 0..<random.below(3) { ending.connections.insert(Self.connections[random.below(12)]) }
            if let id = anySession(), random.chance(30) { ending.sessions.insert(id) }
            if let id = any({ _ in true }), random.chance(30) { ending.sessions.insert(id) }
            var ended = ending.sessions
            for (id, login) in logins {
                guard ending.sessions.contains(id) || !ending.connections.isDisjoint(with: login.grant.connections)
                else { continue }
                switch login.place {
                case .pending: logins[id] = nil
                case .inHand: logins[id]?.place = .inHand(isEnded: true)
                case .code:
                    logins[id] = nil
                    ended.insert(id)
                }
            }
            let count = ended.count { sessions.removeValue(forKey: $0) != nil }
            #expect(try await store.end(ending).outcome == count)
        }

        private mutating func sweep() async {
            now = now + .seconds(random.below(random.chance(10) ? 700 : 30))
            await store.sweep(now: now, limit: .max)
            logins = logins.filter { now < $0.value.expiry }
        }

        func compare(_ store: AuthorizationSessions) async {
            for user in Self.users {
                let expected = Set(sessions.values.filter { $0.userID == user })
                let found = await store.sessions(of: user, now: now)
                #expect(Set(found) == expected && found.count == expected.count)
            }
            guard store === self.store else { return }
            let awaited = logins.values.filter { login in
                if case .code(_, isRedeemed: true) = login.place { false } else { true }
            }
            let all = Set(Self.connections)
            #expect(await store.awaited(among: all) == Set(awaited.flatMap(\.grant.connections)))
        }
    }

    @Test("and recovery makes the same indexes", arguments: UInt64(1)...8)
    func randomLife(seed: UInt64) async throws {
        var run = Run(seed: seed)
        var sessionCountMax = 0
        for _ in 0..<1000 {
            try await run.step()
            sessionCountMax = max(sessionCountMax, run.sessions.count)
        }
        #expect(sessionCountMax > 5)
        for records in [run.journal.records, try await run.store.capture().rows()] {
            let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
            try await restored.restore(records)
            await run.compare(restored)
        }
    }
}
