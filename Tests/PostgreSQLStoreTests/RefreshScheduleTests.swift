import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

@Suite("VR-7: due refreshes are found in the database")
struct RefreshScheduleTests {
    private let now = StoreSample.now
    private let week: Duration = .seconds(7 * 86_400)

    private func take(
        _ vault: any VaultStore,
        at moment: Timestamp,
        limit: Int = 10,
        upstream: String = "github"
    ) async throws -> DueRefreshes {
        try await vault.takeDueRefreshes(at: upstream, usedSince: moment - week, now: moment, limit: limit)
    }

    private func connection(_ vault: any VaultStore, lifetime: Duration = .seconds(3600)) async throws -> Connection {
        let user = try await vault.madeUser()
        let connection = try await vault.connected(StoreSample.draft(user, accessTokenExpiry: now + lifetime))
        await vault.touch(connection.id, now: now)
        return try #require(try await vault.connection(connection.id))
    }

    @Test("a connection is due as it says itself, and again half a minute after it was taken")
    func due() async throws {
        let vault = try await TwoNodes().first.vault
        let connection = try await connection(vault)
        let due = try #require(connection.backgroundRefreshDueAt)
        #expect(try await take(vault, at: due - .milliseconds(1)) == DueRefreshes(connections: [], isComplete: true))
        #expect(try await take(vault, at: due, upstream: "corp").connections.isEmpty)
        #expect(try await take(vault, at: due) == DueRefreshes(connections: [connection], isComplete: true))
        #expect(try await take(vault, at: due + .seconds(29)).connections.isEmpty)
        #expect(try await take(vault, at: due + .seconds(30)).connections == [connection])
    }

    @Test("one that is reported as refused is due at once, also while it waits")
    func reported() async throws {
        let vault = try await TwoNodes().first.vault
        let connection = try await connection(vault)
        let due = try #require(connection.backgroundRefreshDueAt)
        #expect(try await take(vault, at: due).connections.count == 1)
        let marked = try await vault.mark(
            connection.id,
            version: connection.version,
            .expiring,
            reason: Connection.reportedInvalid
        )
        #expect(try await marked.outcome)
        #expect(try await take(vault, at: due).connections.map(\.id) == [connection.id])
        #expect(try await take(vault, at: due).connections.isEmpty)
    }

    @Test("one that cannot be refreshed, or has ended, is never due")
    func neverDue() async throws {
        let vault = try await TwoNodes().first.vault
        let connection = try await connection(vault)
        let late = now + .seconds(4000)
        for (status, reason) in [
            (Connection.Status.error, "invalid_client"), (.reauthorizationRequired, "old"), (.active, nil),
            (.revoked, "logged_out"),
        ] as [(Connection.Status, String?)] {
            let marked = try await vault.mark(connection.id, version: connection.version, status, reason: reason)
            #expect(try await marked.outcome)
            let count = try await take(vault, at: late).connections.count
            #expect(count == (status == .active ? 1 : 0), "\(status)")
        }
        // Half a minute later the one that was taken would be due again.
        let later = late + .seconds(30)
        #expect(try await take(vault, at: later).connections.isEmpty)
        let back = try await vault.connected(StoreSample.draft(connection.userID, accessTokenExpiry: late))
        #expect(back.id == connection.id)
        #expect(try await take(vault, at: later).connections.map(\.id) == [connection.id])
    }

    @Test("an unused one leaves the schedule until it is used again")
    func unused() async throws {
        let vault = try await TwoNodes().first.vault
        let connection = try await connection(vault)
        let late = now + week + .seconds(1)
        #expect(try await take(vault, at: late).connections.isEmpty)
        #expect(try await take(vault, at: late + .seconds(60)).connections.isEmpty)
        await vault.touch(connection.id, now: late + .seconds(60))
        #expect(try await take(vault, at: late + .seconds(60)).connections.map(\.id) == [connection.id])
    }

    @Test("two nodes that search at once take each connection once")
    func shared() async throws {
        let nodes = try await TwoNodes()
        for number in UInt64(1)...20 {
            let user = try await nodes.first.vault.madeUser("person \(number)", candidate: number)
            let draft = StoreSample.draft(user, accessTokenExpiry: now + .seconds(60))
            let connection = try await nodes.first.vault.connected(draft, candidate: number)
            await nodes.first.vault.touch(connection.id, now: now)
        }
        let (now, week) = (now, week)
        let taken = try await withThrowingTaskGroup(of: [ConnectionID].self) { group in
            for vault in [nodes.first.vault, nodes.second.vault] {
                group.addTask {
                    var taken: [ConnectionID] = []
                    while true {
                        let due = try await vault.takeDueRefreshes(
                            at: "github",
                            usedSince: now - week,
                            now: now,
                            limit: 3
                        )
                        taken += due.connections.map(\.id)
                        if due.isComplete { return taken }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(taken).count == taken.count)
        // Rows that the other node held at the same moment were left to it, so the rest is found by the next search.
        let rest = try await take(nodes.first.vault, at: now, limit: 100).connections.map(\.id)
        #expect(Set(taken + rest).count == 20 && taken.count + rest.count == 20)
    }
}
