import OAuthProtocol
import Testing

@testable import OAuthState

@Suite("Tables whose entries expire in the order in which they came")
struct ExpiringTableTests {
    private let start = Timestamp(secondsSinceEpoch: 1_000_000)

    @Test("a key that was removed and inserted again lives as long as its second entry")
    func insertedAgain() {
        var table = ExpiringTable<String, Int>()
        table.insert(1, for: "a", expiry: start + .seconds(600))
        table.remove("a")
        table.insert(2, for: "a", expiry: start + .seconds(1190))
        table.expire(now: start + .seconds(601))
        #expect(table["a"] == 2)
        table.expire(now: start + .seconds(1190))
        #expect(table["a"] == nil && table.count == 0)
    }

    @Test("so does one that was inserted again without a removal")
    func replaced() {
        var table = ExpiringTable<String, Int>()
        table.insert(1, for: "a", expiry: start + .seconds(600))
        table.insert(2, for: "a", expiry: start + .seconds(700))
        table.expire(now: start + .seconds(600))
        #expect(table["a"] == 2)
    }

    @Test("an update changes no expiry and inserts nothing")
    func updates() {
        var table = ExpiringTable<String, Int>()
        table.update(1, for: "absent")
        #expect(table.count == 0)
        table.insert(1, for: "a", expiry: start + .seconds(10))
        table.update(2, for: "a")
        #expect(table["a"] == 2)
        table.expire(now: start + .seconds(10))
        #expect(table["a"] == nil)
        table.insert(3, for: "b", expiry: start + .seconds(20))
        table.update(nil, for: "b")
        #expect(table["b"] == nil)
    }

    @Test("what is dropped is reported once, over more entries than fit into a chunk of the queue")
    func reported() {
        var table = ExpiringTable<Int, Int>()
        for number in 0..<5000 { table.insert(number, for: number, expiry: start + .seconds(number)) }
        for number in 0..<5000 where number.isMultiple(of: 3) { table.remove(number) }
        var dropped: [Int] = []
        for moment in [0, 1, 1023, 1024, 3000, 6000] {
            table.expire(now: start + .seconds(moment)) { key, value in
                #expect(key == value && key <= moment)
                dropped.append(key)
            }
        }
        #expect(dropped == (0..<5000).filter { !$0.isMultiple(of: 3) })
        #expect(table.count == 0)
    }

    @Test("an index has a key's values, one or many, and forgets a key with its last value")
    func index() {
        var table = IndexTable<String, Int>()
        for value in [1, 2, 2, 3] { table.insert(value, for: "a") }
        table.insert(9, for: "b")
        #expect(Set(table["a"]) == [1, 2, 3] && table["a"].count == 3)
        for value in [2, 7, 1] { table.remove(value, for: "a") }
        #expect(table["a"] == [3] && table["b"] == [9] && table["c"].isEmpty)
        table.remove(4, for: "a")
        table.remove(3, for: "a")
        table.remove(3, for: "a")
        #expect(table["a"].isEmpty && table.count == 1)
    }

    @Test("texts of sessions are shared while they are in use, and no more of them are kept than the bound")
    func interning() {
        var interning = SessionInterning(countMax: 8)
        for number in 0..<100 {
            _ = interning.interning(session(client: "client \(number)"))
            _ = interning.interning(session(client: "client in use"))
            #expect(interning.count <= 16)
        }
        // Equal for Swift, different bytes: a text is never replaced by such a one.
        for name in ["caf\u{E9}", "cafe\u{301}"] {
            #expect(interning.interning(session(client: name)).clientID.utf8.elementsEqual(name.utf8))
        }
    }

    private func session(client: String) -> Session {
        Session(
            id: SessionID(value: 1),
            userID: UserID(value: 1),
            clientID: client,
            scopes: .empty,
            resource: "https://mcp.example",
            connections: [],
            authenticatedAt: nil,
            absoluteExpiry: start,
            idleExpiry: start,
            generation: 1,
            rotatedAt: start
        )
    }
}
