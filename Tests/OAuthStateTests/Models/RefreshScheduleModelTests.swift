import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

/// Random lives of connections: what the schedule hands out as due is what a search of everything finds.
@Suite("TokenVault: the schedule of refreshes against a search")
struct RefreshScheduleModelTests {
    private struct Run {
        let journal = RecordingJournal()
        let vault: TokenVault
        var random: SeededRandom
        var now = StoreSample.now
        var serial: UInt64 = 0
        var dueCount = 0

        static let idleTime: Duration = .seconds(86_400)

        init(seed: UInt64) {
            vault = TokenVault(journal: journal)
            random = SeededRandom(seed: seed)
        }

        mutating func step() async throws {
            serial += 1
            switch random.below(10) {
            case 0, 1, 2: try await store()
            case 3, 4: if let connection = await anyConnection() { await vault.touch(connection.id, now: now) }
            case 5: try await refresh()
            case 6: try await mark()
            case 7: if let connection = await anyConnection(), random.chance(30) { try await disconnect(connection) }
            default: now = now + .seconds(random.below(random.chance(10) ? 90_000 : 600))
            }
        }

        private mutating func anyConnection() async -> Connection? {
            let all = await vault.connections(after: nil, limit: .max).sorted { $0.id.value < $1.id.value }
            return all.isEmpty ? nil : all[random.below(all.count)]
        }

        private mutating func store() async throws {
            let name = "person \(random.below(10))"
            let candidate = UserID(value: Bits128(serial))
            guard
                let user = try await vault.resolveUser(StoreSample.login(name), candidate: candidate, now: now).outcome
            else { return }
            let life = random.chance(90) ? Duration.seconds([10, 120, 3600, 90_000][random.below(4)]) : nil
            let draft = StoreSample.draft(
                user,
                upstream: "up \(random.below(2))",
                tokens: StoreSample.tokens("access", refresh: random.chance(80) ? "refresh" : nil),
                accessTokenExpiry: life.map { now + $0 }
            )
            _ = try await vault.store(draft, candidate: ConnectionID(value: Bits128(serial)), now: now)
        }

        private mutating func refresh() async throws {
            guard let connection = await anyConnection() else { return }
            let refresh = ConnectionRefresh(
                id: connection.id,
                version: connection.version,
                tokens: StoreSample.tokens("refreshed \(serial)"),
                scopes: nil,
                accessTokenExpiry: now + .seconds(random.below(7200))
            )
            _ = try await vault.replace(refresh, now: now)
        }

        private mutating func mark() async throws {
            guard let connection = await anyConnection() else { return }
            let statuses: [Connection.Status] = [.active, .expiring, .reauthorizationRequired, .revoked]
            let status = statuses[random.below(4)]
            let reason = random.chance(50) ? Connection.reportedInvalid : nil
            _ = try await vault.mark(connection.id, version: connection.version, status, reason: reason)
        }

        private func disconnect(_ connection: Connection) async throws {
            _ = try await vault.disconnect(connection.id)
        }

        // In the store's turn a token may come up to 8 s early.
        mutating func compare(_ vault: TokenVault) async {
            // What was handed out before is due again by then.
            now = now + .seconds(40)
            let all = await vault.connections(after: nil, limit: .max)
            for upstream in ["up 0", "up 1"] {
                var found: [ConnectionID] = []
                var isComplete = false
                while !isComplete {
                    let limit = 1 + random.below(3)
                    let due = await vault.takeDueRefreshes(
                        at: upstream,
                        usedSince: now - Self.idleTime,
                        now: now,
                        limit: limit
                    )
                    #expect(due.connections.count <= limit)
                    found += due.connections.map(\.id)
                    isComplete = due.isComplete
                }
                dueCount += found.count
                let here = all.filter { $0.upstream == upstream }
                let needed = Set(here.filter { isDue($0, at: now) }.map(\.id))
                let permitted = Set(here.filter { isDue($0, at: now + .seconds(8)) }.map(\.id))
                #expect(Set(found).count == found.count)
                #expect(needed.isSubset(of: found) && Set(found).isSubset(of: permitted))
            }
        }

        private func isDue(_ connection: Connection, at moment: Timestamp) -> Bool {
            guard connection.tokens.refreshToken != nil, let usedAt = connection.usedAt, now - usedAt < Self.idleTime
            else { return false }
            guard connection.status == .active || connection.status == .expiring else { return false }
            if connection.status == .expiring, connection.reason == "reported_invalid" { return true }
            guard let expiry = connection.accessTokenExpiry else { return false }
            let life = expiry - (connection.refreshedAt ?? connection.obtainedAt)
            return moment + max(.seconds(60), life / (8 + Int(connection.id.value.low & 7))) >= expiry
        }
    }

    @Test("over random lives, and after a recovery", arguments: UInt64(1)...8)
    func randomLife(seed: UInt64) async throws {
        var run = Run(seed: seed)
        for _ in 0..<300 {
            for _ in 0..<6 { try await run.step() }
            await run.compare(run.vault)
        }
        #expect(run.dueCount > 100)
        let restored = TokenVault(journal: VolatileJournal())
        try await restored.restore(run.journal.records)
        await run.compare(restored)
    }

    @Test("slices go through every connection once", arguments: [1, 3, 50])
    func slices(limit: Int) async throws {
        let vault = TokenVault(journal: VolatileJournal())
        for number in UInt64(1)...40 {
            let user = UserID(value: Bits128(number))
            _ = try await vault.resolveUser(StoreSample.login("\(number)"), candidate: user, now: StoreSample.now)
            _ = try await vault.store(
                StoreSample.draft(user),
                candidate: ConnectionID(value: Bits128(number)),
                now: StoreSample.now
            )
        }
        var seen: [ConnectionID] = []
        while true {
            let slice = await vault.connections(after: seen.last, limit: limit)
            #expect(slice.count <= limit)
            if slice.isEmpty { break }
            seen += slice.map(\.id)
        }
        #expect(seen.count == 40 && Set(seen).count == 40)
    }
}
