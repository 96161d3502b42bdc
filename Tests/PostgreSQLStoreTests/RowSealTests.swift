import AuthorizationServerTesting
import DurableLog
import OAuthState
import OpenSSLCrypto
import PostgreSQLStore
import Testing

@Suite("A sealed row")
struct RowSealTests {
    private let key: StorageKey

    init() throws {
        key = try StorageKey(bytes: Array(1...32))
    }

    private func seal(_ seed: UInt64 = 1) throws -> RowSeal {
        try RowSeal(key: key, random: SeededRandomSource(seed: seed))
    }

    @Test("opens in its row, in another process too, and contains nothing of the body")
    func opens() throws {
        let sealed = try seal().seal(Array("secret text".utf8), table: "users", identity: [1])
        #expect(sealed.firstRange(of: Array("secret".utf8)) == nil)
        #expect(try seal(2).open(sealed, table: "users", identity: [1]) == Array("secret text".utf8))
    }

    @Test("opens in no other row and no other table")
    func isBoundToItsRow() throws {
        let seal = try seal()
        let sealed = try seal.seal([1, 2, 3], table: "users", identity: [1])
        #expect(throws: StoreError.unavailable) { try seal.open(sealed, table: "users", identity: [2]) }
        #expect(throws: StoreError.unavailable) { try seal.open(sealed, table: "sessions", identity: [1]) }
    }

    @Test("opens under no other key, and not after a change of any byte")
    func isAuthenticated() throws {
        let seal = try seal()
        let sealed = try seal.seal([1, 2, 3], table: "users", identity: [1])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: StoreError.unavailable) { try seal.open(changed, table: "users", identity: [1]) }
        }
        let other = try RowSeal(key: try StorageKey(bytes: Array(2...33)), random: SeededRandomSource(seed: 1))
        #expect(throws: StoreError.unavailable) { try other.open(sealed, table: "users", identity: [1]) }
        #expect(throws: StoreError.unavailable) { try seal.open([], table: "users", identity: [1]) }
    }

    @Test("is sealed differently each time")
    func differsEachTime() throws {
        let seal = try seal()
        let first = try seal.seal([1], table: "users", identity: [1])
        #expect(try seal.seal([1], table: "users", identity: [1]) != first)
    }

    @Test("is found by a digest that is the same in every process, and differs by table and by text boundaries")
    func index() throws {
        let (one, two) = (try seal(), try seal(2))
        #expect(one.index(["a", "bc"], table: "users") == two.index(["a", "bc"], table: "users"))
        #expect(one.index(["a", "bc"], table: "users") != one.index(["ab", "c"], table: "users"))
        #expect(one.index(["a", "bc"], table: "users") != one.index(["a", "bc"], table: "sessions"))
    }
}
