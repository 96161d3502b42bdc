import AuthorizationServerTesting
import DurableLog
import OAuthState
import OpenSSLCrypto
import Testing

@testable import PostgreSQLStore

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

    @Test("a number is hidden so that it can be compared and read again, under its storage key only")
    func numbers() throws {
        let (one, two) = (try seal().mask, try seal(2).mask)
        let other = try RowSeal(key: try StorageKey(bytes: Array(2...33)), random: SeededRandomSource(seed: 1)).mask
        let numbers = [0, 1, 2, 1 << 32, 1 << 63, UInt64.max, 0x1122_3344_5566_7788]
        for number in numbers {
            let masked = one.masked(number)
            #expect(masked != number)
            #expect(two.masked(number) == masked)
            #expect(two.unmasked(masked) == number)
            #expect(other.masked(number) != masked)
        }
        #expect(Set(numbers.map(one.masked)).count == numbers.count)
    }

    @Test("is found by a digest that is the same in every process, and differs by table and by text boundaries")
    func index() throws {
        let (one, two) = (try seal(), try seal(2))
        #expect(one.index(["a", "bc"], table: "users") == two.index(["a", "bc"], table: "users"))
        #expect(one.index(["a", "bc"], table: "users") != one.index(["ab", "c"], table: "users"))
        #expect(one.index(["a", "bc"], table: "users") != one.index(["a", "bc"], table: "sessions"))
    }
}
