import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

@Suite("Blocks of the operator")
struct BlockListTests {
    @Test("hold once they are made, and end once they are removed")
    func life() async throws {
        let store = BlockList(journal: VolatileJournal())
        let party = BlockedParty.user(UserID(value: 1))
        #expect(await !store.isBlocked(party))
        #expect(await !store.hasBlocks())
        #expect(try await store.block(party, now: StoreSample.now).outcome == .blocked)
        #expect(await store.hasBlocks())
        #expect(try await store.block(party, now: StoreSample.now + .seconds(1)).outcome == .already)
        #expect(await store.isBlocked(party))
        #expect(await !store.isBlocked(.user(UserID(value: 2))))
        #expect(await store.blocks() == [Block(party: party, since: StoreSample.now)])
        #expect(try await store.unblock(party).outcome)
        #expect(try await !store.unblock(party).outcome)
        #expect(await !store.isBlocked(party))
        #expect(await !store.hasBlocks())
    }

    @Test("are bounded, and one that holds already is still found at the bound")
    func bound() async throws {
        let store = BlockList(journal: VolatileJournal())
        for number in 0..<BlockList.countMax {
            _ = try await store.block(.client("dcr_\(number)"), now: StoreSample.now).outcome
        }
        #expect(try await store.block(.client("one more"), now: StoreSample.now).outcome == .full)
        #expect(try await store.block(.client("dcr_1"), now: StoreSample.now).outcome == .already)
        #expect(await !store.isBlocked(.client("one more")))
    }

    @Test(
        "a value that its kind cannot have is none",
        arguments: [
            ("user", "ada"), ("user", ""), ("client", ""), ("redirect_host", ""), ("redirect_host", "Evil.Example"),
            ("document_host", "https://a.example"), ("registration", "x"), ("resource", "x"), ("", ""),
        ]
    )
    func refused(kind: String, value: String) {
        #expect(BlockedParty(kind: kind, value: value) == nil)
    }
}

@Suite("Pages of tables for operators")
struct StateListingTests {
    @Test("every session is on exactly one page, and filters hold together")
    func pages() async throws {
        let stores = MemoryStores(StoreSettings(), journal: VolatileJournal())
        for number in UInt64(1)...25 {
            let code = StoreSample.digest("\(number)")
            _ = try await stores.sessions.issueCode(code, for: StoreSample.grant(number), now: StoreSample.now).outcome
            _ = try await stores.sessions.redeem(StoreSample.redemption("\(number)"), now: StoreSample.now).outcome
        }
        var seen: [SessionID] = []
        var after: SessionID?
        while true {
            let page = try await stores.sessions(SessionFilter(), after: after, limit: 10, now: StoreSample.now)
            seen += page.map(\.id)
            guard page.count == 10 else { break }
            after = page.last?.id
        }
        #expect(seen.count == 25 && Set(seen).count == 25)
        let own = SessionFilter(userID: StoreSample.grant(3).userID)
        #expect(try await !stores.sessions(own, after: nil, limit: 10, now: StoreSample.now).isEmpty)
        let foreign = SessionFilter(userID: StoreSample.grant(3).userID, clientID: "another")
        #expect(try await stores.sessions(foreign, after: nil, limit: 10, now: StoreSample.now).isEmpty)
        let much = StoreSample.now + .seconds(365 * 86_400)
        #expect(try await stores.sessions(SessionFilter(), after: nil, limit: 10, now: much).isEmpty)
        #expect(
            try await stores.sessions(
                SessionFilter(beganBefore: StoreSample.now),
                after: nil,
                limit: 10,
                now: StoreSample.now
            ).isEmpty
        )
        // An agent's lifetime is its own: its stored beginning counts.
        for (number, days) in [(UInt64(100), 90), (101, 1)] {
            let agent = Session(
                id: SessionID(value: Bits128(number)),
                userID: StoreSample.user(1),
                clientID: "agent_\(number)",
                scopes: StoreSample.scopes,
                resource: StoreSample.resource,
                connections: [],
                authenticatedAt: nil,
                absoluteExpiry: StoreSample.now + .seconds(days * 86_400),
                idleExpiry: StoreSample.now + .seconds(days * 86_400),
                generation: 0,
                rotatedAt: StoreSample.now,
                agent: AgentGrant(
                    name: "a",
                    tokenHash: StoreSample.digest("\(number)"),
                    parent: nil,
                    maker: nil,
                    createdAt: StoreSample.now
                )
            )
            _ = try await stores.sessions.startAgent(agent, now: StoreSample.now).outcome
            for (moment, isListed) in [(StoreSample.now, false), (StoreSample.now + .seconds(1), true)] {
                let filter = SessionFilter(clientID: agent.clientID, beganBefore: moment)
                let found = try await stores.sessions(filter, after: nil, limit: 10, now: StoreSample.now)
                #expect(found.isEmpty == !isListed, "\(days) days")
            }
        }
    }
}
