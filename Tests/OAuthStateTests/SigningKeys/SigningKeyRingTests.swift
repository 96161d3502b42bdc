import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// MD-9, D-39: what is published while keys come and go.
@Suite("MD-9: the signing key ring")
struct SigningKeyRingTests {
    private func published(_ ring: SigningKeyRing) async -> SigningKeyPublication? {
        SigningKeyPublication(await ring.generation())
    }

    private func keyIDs(_ publication: SigningKeyPublication) -> [String?] {
        publication.current.published.keys.map(\.keyID)
    }

    @Test("nothing is published before an active key for access tokens is there")
    func emptyRing() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        #expect(await published(ring) == nil)
        _ = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        _ = try await ring.install(try StoreSample.signingKey(.active, purpose: .idToken), now: StoreSample.now).outcome
        #expect(await published(ring) == nil)
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        #expect(await published(ring) != nil)
    }

    @Test("the published set holds next, active and retired keys; the active one signs")
    func publishedSet() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        let (active, next) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        let idToken = try StoreSample.signingKey(.active, purpose: .idToken)
        for key in [active, next, idToken] {
            _ = try await ring.install(key, now: StoreSample.now).outcome
        }
        let publication = try #require(await published(ring))
        #expect(publication.current.active.keyID == active.key.keyID)
        #expect(publication.current.idTokenKey?.keyID == idToken.key.keyID)
        #expect(Set(keyIDs(publication)) == [active.key.keyID, next.key.keyID, idToken.key.keyID])

        let successor = try StoreSample.signingKey(.next)
        let rotation = StoreSample.now + .seconds(60)
        _ = try await ring.rotate(successor: successor, publishedBy: nil, now: rotation).outcome
        publication.publish(await ring.generation())
        #expect(publication.current.active.keyID == next.key.keyID)
        #expect(publication.current.idTokenKey?.keyID == idToken.key.keyID)
        #expect(
            Set(keyIDs(publication)) == [active, next, successor, idToken].reduce(into: []) { $0.insert($1.key.keyID) }
        )

        _ = try await ring.withdraw(retiredBefore: rotation + .seconds(1)).outcome
        publication.publish(await ring.generation())
        #expect(!keyIDs(publication).contains(active.key.keyID))
        #expect(keyIDs(publication).count == 3)
    }

    @Test("MD-9: a change is in the feed once it holds, and an older generation never replaces a newer one")
    func feed() async throws {
        let journal = ScriptedJournal()
        let ring = SigningKeyRing(journal: journal)
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        let first = await ring.generation()
        var feed = await ring.generations().makeAsyncIterator()
        journal.refusesToWait = true
        let refused = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now)
        await #expect(throws: StoreError.outcomeUnknown) { try await refused.outcome }
        #expect(await ring.generation().number == first.number)
        journal.refusesToWait = false
        try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        let newest = try #require(await feed.next())
        #expect(newest.number > first.number && newest.signingKeys.count > first.signingKeys.count)
        let publication = try #require(SigningKeyPublication(newest))
        publication.publish(first)
        #expect(publication.current.published.keys.count == newest.signingKeys.count)
    }

    @Test("D-39: a token verifies until its key is withdrawn")
    func tokensInFlight() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        _ = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        let publication = try #require(await published(ring))
        let token = try publication.current.active.sign(type: "at+jwt", payload: Array("{}".utf8))
        let signer = publication.current.active
        func verifies() -> Bool {
            publication.current.published.candidates(keyID: signer.keyID, algorithm: signer.algorithm)
                .contains { $0.keyID == signer.keyID }
        }
        #expect(token.split(separator: ".").count == 3)
        _ = try await ring.rotate(successor: try StoreSample.signingKey(.next), publishedBy: nil, now: StoreSample.now)
            .outcome
        publication.publish(await ring.generation())
        #expect(publication.current.active.keyID != signer.keyID)
        #expect(verifies())
        _ = try await ring.withdraw(retiredBefore: StoreSample.now + .seconds(1)).outcome
        publication.publish(await ring.generation())
        #expect(!verifies())
    }

    @Test("the document is the public set and nothing private")
    func document() async throws {
        let ring = SigningKeyRing(journal: VolatileJournal())
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        _ = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        let document = try #require(await published(ring)).current.document
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
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        _ = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        for step in 1...2 {
            let now = StoreSample.now + .seconds(step)
            _ = try await ring.rotate(successor: try StoreSample.signingKey(.next), publishedBy: nil, now: now).outcome
        }
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now + .seconds(9)).outcome
        let records = journal.records
        for count in 1...records.count {
            let restored = SigningKeyRing(journal: VolatileJournal())
            try await restored.restore(Array(records.prefix(count)))
            #expect(await published(restored) != nil, "after \(count) of \(records.count) records")
            // The next rotation heals what was cut: one active key.
            _ = try await restored.rotate(
                successor: try StoreSample.signingKey(.next),
                publishedBy: nil,
                now: StoreSample.now
            ).outcome
            _ = try await restored.rotate(
                successor: try StoreSample.signingKey(.next),
                publishedBy: nil,
                now: StoreSample.now
            ).outcome
            #expect(await restored.generation().signingKeys.count { $0.state == .active } == 1)
        }
    }

    @Test("a recovered ring has the same keys in the same order, and signs with the same one")
    func recovery() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        _ = try await ring.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        _ = try await ring.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        _ = try await ring.rotate(successor: try StoreSample.signingKey(.next), publishedBy: nil, now: StoreSample.now)
            .outcome
        let restored = SigningKeyRing(journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(
            await restored.generation().signingKeys.map(\.key.keyID)
                == (await ring.generation().signingKeys.map(\.key.keyID))
        )
        #expect(
            await restored.generation().signingKeys.map(\.state) == (await ring.generation().signingKeys.map(\.state))
        )
        #expect(
            await restored.generation().signingKeys.map(\.activeSince)
                == (await ring.generation().signingKeys.map(\.activeSince))
        )
        let publication = try #require(await published(restored))
        #expect(publication.current.active.keyID == (await published(ring)?.current.active.keyID))
    }

    @Test("the root secret is made once, also for 64 starts that race, and survives recovery")
    func serverSecret() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        let secrets = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for racer in UInt8(0)..<64 {
                group.addTask { try await ring.serverSecret(candidate: [UInt8](repeating: racer, count: 32)).outcome }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(secrets.count == 1)
        #expect(journal.records.count == 1)
        let restored = SigningKeyRing(journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(try await restored.serverSecret(candidate: [1]).outcome == secrets.first)
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
