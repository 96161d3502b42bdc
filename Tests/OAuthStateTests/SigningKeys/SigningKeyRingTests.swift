import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// MD-9, D-39: what is published while keys come and go.
@Suite("MD-9: the signing key ring")
struct SigningKeyRingTests {
    private func keyIDs(_ publication: SigningKeyPublication) -> [String?] {
        publication.current.published.keys.map(\.keyID)
    }

    @Test("nothing is published before an active key for access tokens is there")
    func emptyRing() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        #expect(await ring.published() == nil)
        _ = await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        _ = await ring.install(try StoreSample.signingKey(.active, purpose: .idToken), now: StoreSample.now)
        #expect(await ring.published() == nil)
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now)
        #expect(await ring.published() != nil)
    }

    @Test("the published set holds next, active and retired keys; the active one signs")
    func publishedSet() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        let (active, next) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        let idToken = try StoreSample.signingKey(.active, purpose: .idToken)
        for key in [active, next, idToken] {
            _ = await ring.install(key, now: StoreSample.now)
        }
        let publication = try #require(await ring.published())
        #expect(publication.current.active.keyID == active.key.keyID)
        #expect(publication.current.idTokenKey?.keyID == idToken.key.keyID)
        #expect(Set(keyIDs(publication)) == [active.key.keyID, next.key.keyID, idToken.key.keyID])

        // Readers hold the publication; it follows the rotation without being asked for again.
        let successor = try StoreSample.signingKey(.next)
        let rotation = StoreSample.now + .seconds(60)
        _ = await ring.rotate(successor: successor, now: rotation)
        #expect(publication.current.active.keyID == next.key.keyID)
        #expect(publication.current.idTokenKey?.keyID == idToken.key.keyID)
        #expect(
            Set(keyIDs(publication)) == [active, next, successor, idToken].reduce(into: []) { $0.insert($1.key.keyID) }
        )

        _ = await ring.withdraw(retiredBefore: rotation + .seconds(1))
        #expect(!keyIDs(publication).contains(active.key.keyID))
        #expect(keyIDs(publication).count == 3)
    }

    @Test("D-39: a token verifies until its key is withdrawn")
    func tokensInFlight() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now)
        _ = await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        let publication = try #require(await ring.published())
        let token = try publication.current.active.sign(type: "at+jwt", payload: Array("{}".utf8))
        let signer = publication.current.active
        func verifies() -> Bool {
            publication.current.published.candidates(keyID: signer.keyID, algorithm: signer.algorithm)
                .contains { $0.keyID == signer.keyID }
        }
        #expect(token.split(separator: ".").count == 3)
        _ = await ring.rotate(successor: try StoreSample.signingKey(.next), now: StoreSample.now)
        #expect(publication.current.active.keyID != signer.keyID)
        #expect(verifies())
        _ = await ring.withdraw(retiredBefore: StoreSample.now + .seconds(1))
        #expect(!verifies())
    }

    @Test("the document is the public set and nothing private")
    func document() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now)
        _ = await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        let document = try #require(await ring.published()).current.document
        let keys = try #require(try JSONParser.parseObject(document)["keys"]?.arrayValue)
        #expect(keys.count == 2)
        for key in keys {
            let key = try #require(key.objectValue)
            #expect(key["d"] == nil)
            #expect(key["kid"]?.stringValue?.isEmpty == false)
            #expect(key["use"] == "sig")
            #expect(key["alg"] == "EdDSA")
        }
    }

    @Test("ST-2: wherever the journal of a rotation or an installation is cut, an active key is left")
    func everyPrefixHasAnActiveKey() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now)
        _ = await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        for step in 1...2 {
            let now = StoreSample.now + .seconds(step)
            _ = await ring.rotate(successor: try StoreSample.signingKey(.next), now: now)
        }
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now + .seconds(9))
        let records = journal.records
        for count in 1...records.count {
            let restored = SigningKeyRing(journal: VolatileJournal())
            try await restored.restore(Array(records.prefix(count)))
            #expect(await restored.published() != nil, "after \(count) of \(records.count) records")
            // The next rotation heals what was cut: one active key.
            _ = await restored.rotate(successor: try StoreSample.signingKey(.next), now: StoreSample.now)
            _ = await restored.rotate(successor: try StoreSample.signingKey(.next), now: StoreSample.now)
            #expect(await restored.keys().count { $0.state == .active } == 1)
        }
    }

    @Test("a recovered ring has the same keys in the same order, and signs with the same one")
    func recovery() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        _ = await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now)
        _ = await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        _ = await ring.rotate(successor: try StoreSample.signingKey(.next), now: StoreSample.now)
        let restored = SigningKeyRing(journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(await restored.keys().map(\.key.keyID) == (await ring.keys().map(\.key.keyID)))
        #expect(await restored.keys().map(\.state) == (await ring.keys().map(\.state)))
        #expect(await restored.keys().map(\.activeSince) == (await ring.keys().map(\.activeSince)))
        let publication = try #require(await restored.published())
        #expect(publication.current.active.keyID == (await ring.published()?.current.active.keyID))
    }

    @Test("the root secret is made once, also for 64 starts that race, and survives recovery")
    func serverSecret() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        let secrets = await withTaskGroup(of: [UInt8].self) { group in
            for racer in UInt8(0)..<64 {
                group.addTask { await ring.serverSecret(candidate: [UInt8](repeating: racer, count: 32)).outcome }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(secrets.count == 1)
        #expect(journal.records.count == 1)
        let restored = SigningKeyRing(journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(await restored.serverSecret(candidate: [1]).outcome == secrets.first)
    }

    @Test("D-25: a stored key never prints")
    func redaction() throws {
        let key = try StoreSample.signingKey(.active)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("PRIVATE KEY"))
        }
    }
}
