import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

@Suite("Pages of tables in a database, for operators")
struct ListingTests {
    private let now = StoreSample.now

    private func listing(_ stores: Stores) throws -> any StateListing { try #require(stores.administration).listing }

    /// All rows of pages of ten.
    private func all<Row, Key>(
        _ key: (Row) -> Key,
        _ page: (Key?) async throws(StoreError) -> [Row]
    ) async throws -> [Row] {
        var rows: [Row] = []
        var after: Key?
        while true {
            let page = try await page(after)
            #expect(page.count <= 10)
            rows += page
            guard page.count == 10, let last = page.last else { return rows }
            after = key(last)
        }
    }

    @Test("every user is on one page, and is found by a part of name or address in any case")
    func users() async throws {
        let stores = try await TwoNodes().first
        let listing = try listing(stores)
        for number in UInt64(1)...25 {
            _ = try await stores.vault.madeUser("Person \(number)", candidate: number)
        }
        let found = try await all({ (user: User) in user.id }) { (after) throws(StoreError) in
            try await listing.users(containing: nil, after: after, limit: 10)
        }
        #expect(found.map(\.id) == (1...25).map { UserID(value: Bits128($0)) })
        let named = try await listing.users(containing: "pERSON 2", after: nil, limit: 10)
        #expect(
            named.map(\.name) == [
                "Person 2", "Person 20", "Person 21", "Person 22", "Person 23", "Person 24", "Person 25",
            ]
        )
        let later = try await listing.users(containing: "2@EXAMPLE", after: named.first?.id, limit: 1)
        #expect(later.map(\.name) == ["Person 12"])
        #expect(try await listing.users(containing: "mallory", after: nil, limit: 10).isEmpty)
    }

    @Test("every client is on one page")
    func clients() async throws {
        let stores = try await TwoNodes().first
        let listing = try listing(stores)
        for number in 1...25 {
            _ = try await stores.clients.register(
                StoreSample.client("dcr_\(number)"),
                from: SourceNetwork(number: .max)
            )
            .outcome
        }
        await stores.clients.touch("dcr_7", now: now)
        let found = try await all({ (record: ClientRecord) in record.client.id }) { (after) throws(StoreError) in
            try await listing.clients(after: after, limit: 10)
        }
        #expect(Set(found.map(\.client.id)) == Set((1...25).map { "dcr_\($0)" }) && found.count == 25)
        #expect(found.allSatisfy { $0.source == SourceNetwork(number: .max) })
        #expect(found.filter { $0.lastUsedAt == now }.map(\.client.id) == ["dcr_7"])
    }

    @Test("every session is on one page, and filters hold together")
    func sessions() async throws {
        let stores = try await TwoNodes().first
        let listing = try listing(stores)
        for number in UInt64(1)...25 {
            let code = StoreSample.digest("\(number)")
            _ = try await stores.sessions.issueCode(code, for: StoreSample.grant(number), now: now).outcome
            _ = try await stores.sessions.redeem(StoreSample.redemption("\(number)"), now: now).outcome
        }
        let (everything, now) = (SessionFilter(), now)
        let found = try await all({ (session: Session) in session.id }) { (after) throws(StoreError) in
            try await listing.sessions(everything, after: after, limit: 10, now: now)
        }
        #expect(found.map(\.id) == (1...25).map { SessionID(value: Bits128($0)) })
        func count(_ filter: SessionFilter, at moment: Timestamp = StoreSample.now) async throws -> Int {
            try await listing.sessions(filter, after: nil, limit: 100, now: moment).count
        }
        let user = StoreSample.grant(3).userID
        #expect(try await count(SessionFilter(userID: user)) == 1)
        #expect(try await count(SessionFilter(userID: user, clientID: "another")) == 0)
        #expect(try await count(SessionFilter(resource: StoreSample.resource)) == 25)
        #expect(try await count(SessionFilter(connections: [ConnectionID(value: 4), ConnectionID(value: 99)])) == 1)
        #expect(try await count(SessionFilter(beganBefore: now)) == 0)
        #expect(try await count(SessionFilter(), at: now + .seconds(365 * 86_400)) == 0)
    }

    @Test("every remembered consent is on one page, of a user, of a client, and until it ends")
    func consents() async throws {
        let stores = try await TwoNodes().first
        let listing = try listing(stores)
        for number in UInt64(1)...25 {
            let consent = StoreSample.consent(
                "\(number)",
                userID: StoreSample.user(number % 2),
                clientID: number > 20 ? "other" : StoreSample.clientID
            )
            _ = try await stores.sessions.rememberConsent(consent).outcome
        }
        let now = now
        let found = try await all({ (consent: RememberedConsent) in consent.id }) { (after) throws(StoreError) in
            try await listing.consents(of: nil, to: nil, after: after, limit: 10, now: now)
        }
        #expect(Set(found.map(\.key)).count == 25 && found.count == 25)
        func count(of user: UserID?, to client: String?, at moment: Timestamp = StoreSample.now) async throws -> Int {
            try await listing.consents(of: user, to: client, after: nil, limit: 100, now: moment).count
        }
        #expect(try await count(of: StoreSample.user(1), to: nil) == 13)
        #expect(try await count(of: nil, to: "other") == 5)
        #expect(try await count(of: StoreSample.user(1), to: "other") == 3)
        #expect(try await count(of: nil, to: nil, at: now + .seconds(365 * 86_400)) == 0)
    }
}
