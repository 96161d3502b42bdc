import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

@Suite("Records: connections whose account met required_claims")
struct AcceptedClaimRecordTests {
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 0x0F, radix: 16) }.joined()
    }

    @Test("UP-4: accepted claims come after a connection and its fields, in a record of their own kind")
    func acceptedClaimRecords() async throws {
        let journal = RecordingJournal()
        let vault = TokenVault(journal: journal)
        let user = try #require(
            try await vault.resolveUser(StoreSample.login("ada"), candidate: UserID(value: 7), now: StoreSample.now)
                .outcome
        )
        let claims = [AcceptedClaim(claim: "hd", values: ["a", "b"])]
        for (account, fields) in [("1", nil), ("2", "F")] {
            var draft = StoreSample.draft(user, account: account, tokens: StoreSample.tokens("A", fields: fields))
            draft.acceptedClaims = claims
            let id = ConnectionID(value: fields == nil ? 8 : 9)
            _ = try await vault.store(draft, candidate: id, now: StoreSample.now).outcome
        }
        let records = journal.records.map(Self.hexadecimal).filter { $0.hasPrefix("39") }
        let tail = "00000001" + "000000026864" + "00000002" + "0000000161" + "0000000162"
        #expect(records.count == 2)
        #expect(records.first?.hasSuffix("00" + tail) == true)
        #expect(records.last?.hasSuffix("01" + "0000000146" + tail) == true)
        for rows in [journal.records, try await vault.capture().rows()] {
            let restored = TokenVault(journal: VolatileJournal())
            try await restored.restore(rows)
            for (id, fields) in [(UInt64(8), nil), (9, "F")] {
                let connection = await restored.connection(ConnectionID(value: Bits128(id)))
                #expect(connection?.acceptedClaims == claims)
                #expect(connection?.tokens.fields == fields.map { Array($0.utf8) })
            }
        }
    }
}
