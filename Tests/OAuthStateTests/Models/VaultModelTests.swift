import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// Random logins, refreshes and disconnections against a naive model.
@Suite("TokenVault: against a model")
struct VaultModelTests {
    /// A connection as the model keeps it: by user, provider and account.
    private struct Entry: Equatable {
        var id: ConnectionID
        var access: String
        var refresh: String?
        var upstreamClientID: String
        var status: Connection.Status
        var version: UInt32
    }

    private struct Place: Hashable {
        var user: UserID
        var upstream: String
        var account: String
    }

    private struct Run {
        let journal = RecordingJournal()
        let vault: TokenVault
        var random: SeededRandom
        var identities: [String: UserID] = [:]
        var entries: [Place: Entry] = [:]
        var serial: UInt64 = 0
        var now = StoreSample.now

        init(seed: UInt64) {
            vault = TokenVault(journal: journal)
            random = SeededRandom(seed: seed)
        }

        mutating func step() async throws {
            serial += 1
            now = now + .seconds(random.below(2000))
            switch random.below(10) {
            case 0, 1: try await login()
            case 2, 3, 4: try await store()
            case 5, 6: try await replace()
            case 7: try await mark()
            case 8: await vault.touch(anyEntry()?.value.id ?? ConnectionID(value: 0), now: now)
            default: try await disconnect()
            }
            if random.chance(20) { await compareIndexes(of: vault) }
        }

        /// What the indexes find is what a search through everything finds.
        func compareIndexes(of vault: TokenVault) async {
            var all: [Connection] = []
            for user in Set(identities.values) { all += await vault.connections(of: user) }
            for upstream in ["up 0", "up 1"] {
                let here = all.filter { $0.upstream == upstream }
                for name in ["account 0", "account 1", "account 2"] {
                    let expected = Set(here.filter { $0.account == name })
                    let found = await vault.connections(ofAccount: name, at: upstream)
                    #expect(Set(found) == expected && found.count == expected.count)
                    for user in Set(identities.values) {
                        let isConnected = await vault.isConnected(
                            account: name,
                            upstream: upstream,
                            byAnotherThan: user
                        )
                        #expect(isConnected == expected.contains { $0.userID != user })
                    }
                }
                for name in (0..<8).map({ "provider session \($0)" }) {
                    let expected = Set(here.filter { $0.providerSessions.contains { $0.id == name } })
                    let found = await vault.connections(ofProviderSession: name, at: upstream)
                    #expect(Set(found) == expected && found.count == expected.count)
                }
            }
        }

        private mutating func anyEntry() -> (key: Place, value: Entry)? {
            let sorted = entries.sorted { $0.value.id.value < $1.value.id.value }
            return sorted.isEmpty ? nil : sorted[random.below(sorted.count)]
        }

        private mutating func anyUser() -> UserID? {
            let users = Set(identities.values).sorted { $0.value < $1.value }
            return users.isEmpty ? nil : users[random.below(users.count)]
        }

        private mutating func login() async throws {
            let name = "person \(random.below(12))"
            let expected = identities[name] ?? UserID(value: Bits128(serial))
            identities[name] = expected
            let login = StoreSample.login(name)
            #expect(
                try await vault.resolveUser(login, candidate: UserID(value: Bits128(serial)), now: now).outcome
                    == expected
            )
        }

        private mutating func store() async throws {
            guard let user = anyUser() else { return }
            let place = Place(user: user, upstream: "up \(random.below(2))", account: "account \(random.below(2))")
            let older = entries[place]
            let client = "client \(random.below(2))"
            let refresh = random.chance(60) ? "refresh \(serial)" : nil
            // A login does not keep the refresh token of another client, nor one that the provider has ended.
            let keepsOlder = older?.upstreamClientID == client && older?.status == .active
            let entry = Entry(
                id: older?.id ?? ConnectionID(value: Bits128(serial)),
                access: "access \(serial)",
                refresh: refresh ?? (keepsOlder ? older?.refresh : nil),
                upstreamClientID: client,
                status: .active,
                version: (older?.version ?? 0) + 1
            )
            entries[place] = entry
            var draft = StoreSample.draft(
                user,
                upstream: place.upstream,
                account: place.account,
                tokens: StoreSample.tokens("access \(serial)", refresh: refresh),
                upstreamClientID: client
            )
            if random.chance(70) {
                draft.providerSession = ProviderSession(
                    id: "provider session \(random.below(8))",
                    sessionID: SessionID(value: Bits128(UInt64(random.below(40))))
                )
            }
            let outcome = try await vault.store(draft, candidate: ConnectionID(value: Bits128(serial)), now: now)
                .outcome
            guard case .stored(let connection) = outcome else {
                Issue.record("storing came to \(outcome)")
                return
            }
            #expect(VaultModelTests.entry(of: connection) == entry)
        }

        private mutating func replace() async throws {
            guard let (place, entry) = anyEntry() else { return }
            let isStale = random.chance(30)
            let refresh = ConnectionRefresh(
                id: entry.id,
                version: isStale ? entry.version &- 1 : entry.version,
                tokens: StoreSample.tokens("refreshed \(serial)", refresh: random.chance(50) ? "r \(serial)" : nil),
                scopes: nil,
                accessTokenExpiry: nil
            )
            let outcome = try await vault.replace(refresh, now: now).outcome
            guard !isStale else {
                guard case .superseded(let present?) = outcome else {
                    Issue.record("a stale refresh came to \(outcome)")
                    return
                }
                #expect(VaultModelTests.entry(of: present) == entry)
                return
            }
            var expected = entry
            expected.access = "refreshed \(serial)"
            expected.refresh = refresh.tokens.refreshToken.map { String(decoding: $0, as: UTF8.self) } ?? entry.refresh
            expected.status = .active
            expected.version += 1
            entries[place] = expected
            guard case .stored(let connection) = outcome else {
                Issue.record("a refresh came to \(outcome)")
                return
            }
            #expect(VaultModelTests.entry(of: connection) == expected)
        }

        private mutating func mark() async throws {
            guard let (place, entry) = anyEntry() else { return }
            let isStale = random.chance(30)
            let version = isStale ? entry.version &+ 1 : entry.version
            let status = Connection.Status.reauthorizationRequired
            #expect(try await vault.mark(entry.id, version: version, status, reason: "x").outcome == !isStale)
            if !isStale {
                entries[place]?.status = status
            }
        }

        private mutating func disconnect() async throws {
            guard random.chance(50), let (place, entry) = anyEntry() else { return }
            entries[place] = nil
            #expect(try await vault.disconnect(entry.id).outcome?.id == entry.id)
        }
    }

    private static func entry(of connection: Connection) -> Entry {
        Entry(
            id: connection.id,
            access: String(decoding: connection.tokens.accessToken, as: UTF8.self),
            refresh: connection.tokens.refreshToken.map { String(decoding: $0, as: UTF8.self) },
            upstreamClientID: connection.upstreamClientID,
            status: connection.status,
            version: connection.version
        )
    }

    @Test("every outcome is the model's, and the journal makes an equal vault", arguments: UInt64(1)...6)
    func randomLife(seed: UInt64) async throws {
        var run = Run(seed: seed)
        for _ in 0..<800 {
            try await run.step()
        }
        #expect(run.entries.count > 3)
        var found: [Place: Entry] = [:]
        for user in Set(run.identities.values) {
            for connection in await run.vault.connections(of: user) {
                let place = Place(user: user, upstream: connection.upstream, account: connection.account)
                found[place] = Self.entry(of: connection)
            }
        }
        #expect(found == run.entries)
        #expect(await run.vault.counts.connections == run.entries.count)

        let restored = TokenVault(journal: VolatileJournal())
        try await restored.restore(run.journal.records)
        #expect(try await restored.capture().rowSet() == (try await run.vault.capture().rowSet()))
        await run.compareIndexes(of: restored)
        for (name, user) in run.identities {
            let again = try await restored.resolveUser(
                StoreSample.login(name),
                candidate: UserID(value: Bits128(.max)),
                now: run.now
            ).outcome
            #expect(again == user)
        }
    }

    @Test("ST-2: a disconnection that is cut anywhere leaves no token that the user cannot see")
    func cutDisconnection() async throws {
        let journal = RecordingJournal()
        let vault = TokenVault(journal: journal)
        let login = StoreSample.login("alice")
        let resolved = try await vault.resolveUser(login, candidate: UserID(value: 1), now: StoreSample.now).outcome
        let user = try #require(resolved)
        _ = try await vault.store(StoreSample.draft(user), candidate: ConnectionID(value: 1), now: StoreSample.now)
            .outcome
        let before = journal.records.count
        #expect(try await vault.disconnect(ConnectionID(value: 1)).outcome != nil)
        for count in before...journal.records.count {
            let restored = TokenVault(journal: VolatileJournal())
            try await restored.restore(Array(journal.records.prefix(count)))
            let listed = await restored.connections(of: user).count
            #expect(await restored.counts.connections == listed)
        }
    }
}
