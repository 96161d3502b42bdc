import GatehouseVerifier
import Testing

@Suite("What a verifier refuses takes a bounded memory")
struct RevokedTokensTests {
    @Test("the oldest makes room, and what was issued until its end is refused by its time instead")
    func bound() {
        let revoked = RevokedTokens(entriesMax: 2)
        for moment in Int64(1)...3 { revoked.addSession("s\(moment)", now: moment * 10) }
        #expect(revoked.count == 2)
        #expect(revoked.refuses(session: "s1", tokenID: "t", issuedAt: 10))
        #expect(!revoked.refuses(session: "s1", tokenID: "t", issuedAt: 11))
        #expect(revoked.refuses(session: "s2", tokenID: "t", issuedAt: 100))
        #expect(revoked.refuses(session: "s3", tokenID: "t", issuedAt: 100))
        #expect(!revoked.refuses(session: nil, tokenID: "t", issuedAt: 100))
    }

    @Test("tokens have a bound of their own; the same name twice takes one place")
    func tokens() {
        let revoked = RevokedTokens(entriesMax: 1)
        revoked.addSession("s", now: 10)
        for _ in 0..<3 { revoked.addToken("t", now: 10) }
        #expect(revoked.count == 2)
        #expect(revoked.refuses(session: nil, tokenID: "t", issuedAt: 100))
        #expect(!revoked.refuses(session: "t", tokenID: "s", issuedAt: 100))
        revoked.addToken("u", now: 20)
        #expect(revoked.count == 2)
        #expect(!revoked.refuses(session: nil, tokenID: "t", issuedAt: 11))
    }

    @Test("what is older than every access token is forgotten, and nothing is refused in its place")
    func age() {
        let revoked = RevokedTokens()
        revoked.addSession("old", now: 0)
        revoked.addSession("new", now: 26 * 3600)
        #expect(revoked.count == 1)
        #expect(!revoked.refuses(session: "old", tokenID: "t", issuedAt: 0))
        #expect(revoked.refuses(session: "new", tokenID: "t", issuedAt: 0))
    }

    @Test("many come and go in the same memory")
    func turnover() {
        let revoked = RevokedTokens(entriesMax: 10)
        for number in Int64(0)..<10_000 { revoked.addToken("t\(number)", now: number) }
        #expect(revoked.count == 10)
        #expect(revoked.refuses(session: nil, tokenID: "t9990", issuedAt: .max))
        #expect(revoked.refuses(session: nil, tokenID: "t9989", issuedAt: 9989))
        #expect(!revoked.refuses(session: nil, tokenID: "t9989", issuedAt: 9990))
    }
}
