import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The bytes of records, as stored files hold them: a change of these literals needs a new version of the format.
@Suite("Records: form")
struct RecordFormTests {
    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 0x0F, radix: 16) }.joined()
    }

    @Test(
        "the numbers of the kinds stay what they are",
        arguments: [
            (RecordKind.putClient, UInt8(0x10)), (.touchClient, 0x11), (.removeClient, 0x12), (.putSession, 0x20),
            (.rotateRefreshToken, 0x21), (.removeSession, 0x22), (.putConsent, 0x23), (.removeConsent, 0x24),
            (.putRevokedToken, 0x25), (.putRevokedTokenOfSession, 0x26), (.putConsentOfUser, 0x27),
            (.putUser, 0x30), (.putIdentity, 0x31), (.putConnection, 0x32), (.removeConnection, 0x33),
            (.removeUser, 0x34), (.putUpstreamRegistration, 0x35), (.putConnectionWithFields, 0x36),
            (.putUserWithDefaults, 0x37), (.putUserOfIdentity, 0x38), (.putConnectionWithClaims, 0x39),
            (.putSigningKey, 0x40), (.removeSigningKey, 0x41),
            (.putServerSecret, 0x42),
            (.putVaultKey, 0x43), (.removeVaultKey, 0x44),
            (.consumeAssertion, 0x50), (.consumeOwnedAssertion, 0x51), (.putBlock, 0x60), (.removeBlock, 0x61),
            (.putEnding, 0x28), (.putEndingMark, 0x29), (.withdrawEnding, 0x2A), (.putEventStream, 0x70),
            (.removeEventStream, 0x71),
        ]
    )
    func kindNumbers(kind: RecordKind, number: UInt8) {
        #expect(kind.rawValue == number)
    }

    @Test("a block and its removal, byte for byte")
    func blockRecords() async throws {
        let journal = RecordingJournal()
        let store = BlockList(journal: journal)
        _ = try await store.block(.redirectHost("a.example"), now: StoreSample.now).outcome
        _ = try await store.unblock(.redirectHost("a.example")).outcome
        let party =
            "0000000d" + Self.hexadecimal("redirect_host".utf8) + "00000009" + Self.hexadecimal("a.example".utf8)
        #expect(journal.records.map(Self.hexadecimal) == ["60" + party + "000001a1ee565e00", "61" + party])
    }

    @Test("a session, its rotation and its removal, byte for byte")
    func sessionRecords() async throws {
        let journal = RecordingJournal()
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        var grant = StoreSample.grant(0x0102)
        grant.request.scopes = ScopeSet(["a", "b"])
        _ = try await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now).outcome
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        _ = try await store.rotate(StoreSample.use(0x0102, generation: 1), now: StoreSample.now + .milliseconds(1))
            .outcome
        _ = try await store.revoke(SessionID(value: 0x0102)).outcome
        let id = "00000000000000000000000000000102"
        let (client, resource) = (Array("dcr_sample".utf8), Array("https://mcp.example.com/mcp".utf8))
        let (moment, absolute) = ("000001a1ee565e00", "000001a288d52600")
        let expected = [
            "20" + id + id + "0000000a" + Self.hexadecimal(client) + "00000003" + "612062" + "0000001b"
                + Self.hexadecimal(resource) + "00000001" + id + moment + absolute + "000001a21262e200" + "00000001"
                + moment,
            "21" + id + "00000002" + "000001a1ee565e01" + "000001a21262e201",
            "22" + id,
        ]
        #expect(journal.records.map(Self.hexadecimal) == expected)
    }

    @Test("S-22: a rotation with its origin, byte for byte; one of before origins were kept is read")
    func originRecord() async throws {
        let journal = RecordingJournal()
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        _ = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(1), now: StoreSample.now)
            .outcome
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        var use = StoreSample.use(1, generation: 1)
        use.origin = RefreshOrigin(network: SourceNetwork(number: 0x0102), agent: 0x0304)
        _ = try await store.rotate(use, now: StoreSample.now).outcome
        let rotation = try #require(journal.records.last)
        #expect(Self.hexadecimal(rotation.suffix(16)) == "0000000000000102" + "0000000000000304")
        let session = await store.session(SessionID(value: 1), now: StoreSample.now)
        let snapshot = try await store.capture().rows()
        for rows in [journal.records, snapshot] {
            let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
            try await restored.restore(rows)
            #expect(await restored.session(SessionID(value: 1), now: StoreSample.now) == session)
        }
        let older = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await older.restore([journal.records[0], Array(rotation.dropLast(16))])
        let read = await older.session(SessionID(value: 1), now: StoreSample.now)
        #expect(read?.generation == 2 && read?.rotatedBy == nil)
    }

    @Test(
        "what follows a session's fixed part is read in every combination, and is as short as it can be",
        arguments: [false, true],
        [false, true]
    )
    func sessionTail(isFederated: Bool, hasOrigin: Bool) throws {
        let cases = [[], Array("{}".utf8)].flatMap { claims in [(claims, false), (claims, true)] }
        for (claims, isBound) in cases {
            let session = Session(
                id: SessionID(value: 1),
                userID: UserID(value: 2),
                clientID: StoreSample.clientID,
                scopes: StoreSample.scopes,
                resource: StoreSample.resource,
                connections: [],
                authenticatedAt: nil,
                absoluteExpiry: StoreSample.now,
                idleExpiry: StoreSample.now,
                generation: 1,
                rotatedAt: StoreSample.now,
                claims: claims,
                isFederated: isFederated,
                boundKey: isBound ? KeyThumbprint(digest: StoreSample.digest("key")) : nil,
                rotatedBy: hasOrigin ? RefreshOrigin(network: SourceNetwork(number: 3), agent: 4) : nil
            )
            var writer = BinaryWriter(reserving: 256)
            session.write(to: &writer)
            var reader = BinaryReader(writer.bytes)
            #expect(try Session(from: &reader) == session)
            #expect(reader.isAtEnd)
            var tail = ""
            if !claims.isEmpty || isFederated || isBound || hasOrigin {
                tail += claims.isEmpty ? "00000000" : "000000027b7d"
            }
            if isFederated || isBound || hasOrigin {
                tail += (isBound ? ["02", "03"] : ["00", "01"])[isFederated ? 1 : 0]
            }
            if isBound { tail += Self.hexadecimal(StoreSample.digest("key").bytes) }
            if hasOrigin { tail += "0000000000000003" + "0000000000000004" }
            #expect(Self.hexadecimal(writer.bytes).hasSuffix("000001a1ee565e00" + tail))
        }
    }

    @Test("CO-1: a consent and its removal, byte for byte; one of before users were kept is asked for again")
    func consentRecords() async throws {
        let journal = RecordingJournal()
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        let consent = StoreSample.consent("consent")
        _ = try await store.rememberConsent(consent).outcome
        let snapshot = try await store.capture().rows()
        #expect(snapshot == journal.records)
        _ = try await store.withdraw(ConsentWithdrawal(userID: consent.userID)).outcome
        func text(_ value: String) -> String {
            let count = String(value.utf8.count, radix: 16)
            return String(repeating: "0", count: 8 - count.count) + count + Self.hexadecimal(value.utf8)
        }
        let key = Self.hexadecimal(consent.key.bytes)
        let (user, moment) = ("00000000000000000000000000000001", "000001a1ee565e00")
        let row =
            "27" + key + moment + user + text("dcr_sample") + text("http://127.0.0.1")
            + text("https://mcp.example.com/mcp") + text("mcp:read mcp:write offline_access")
        #expect(journal.records.map(Self.hexadecimal) == [row, "24" + key])
        let older = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await older.restore([[0x23] + Array(consent.key.bytes) + [0, 0, 0x01, 0xA1, 0xEE, 0x56, 0x5E, 0]])
        #expect(await older.hasConsent(consent.key, now: StoreSample.now) == false)
    }

    @Test("an agent's session is read as it was written, with and without what follows and precedes it")
    func agentSession() throws {
        for (isFederated, parent) in [(false, SessionID?.none), (true, SessionID(value: 7))] {
            for origin in [nil, RefreshOrigin(network: SourceNetwork(number: 3), agent: 4)] {
                let session = Session(
                    id: SessionID(value: 1),
                    userID: UserID(value: 2),
                    clientID: "agent_1",
                    scopes: StoreSample.scopes,
                    resource: StoreSample.resource,
                    connections: [],
                    authenticatedAt: nil,
                    absoluteExpiry: StoreSample.now,
                    idleExpiry: StoreSample.now,
                    generation: 0,
                    rotatedAt: StoreSample.now,
                    isFederated: isFederated,
                    agent: AgentGrant(
                        name: "nightly",
                        tokenHash: StoreSample.digest("token"),
                        parent: parent,
                        maker: parent == nil ? nil : "dcr_maker",
                        createdAt: StoreSample.now
                    ),
                    rotatedBy: origin
                )
                var writer = BinaryWriter(reserving: 256)
                session.write(to: &writer)
                var reader = BinaryReader(writer.bytes)
                #expect(try Session(from: &reader) == session)
                #expect(reader.isAtEnd)
            }
        }
    }

    @Test("a revoked access token, byte for byte")
    func revokedTokenRecord() async throws {
        let journal = RecordingJournal()
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        let token = AccessTokenReference(tokenID: "jti", sessionID: nil)
        _ = try await store.revokeAccessToken(token, expiry: StoreSample.now, now: StoreSample.now).outcome
        let own = "25" + Self.hexadecimal(token.tokenID.bytes) + "000001a1ee565e00"
        #expect(journal.records.map(Self.hexadecimal) == [own])
        _ = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(0x0102), now: StoreSample.now)
            .outcome
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        let ofSession = AccessTokenReference(tokenID: "jti 2", sessionID: SessionID(value: 0x0102))
        _ = try await store.revokeAccessToken(ofSession, expiry: StoreSample.now, now: StoreSample.now).outcome
        let record = "26" + Self.hexadecimal(ofSession.tokenID.bytes) + "000001a1ee565e00"
        #expect(journal.records.last.map(Self.hexadecimal) == record + "00000000000000000000000000000102")
    }

    @Test("a consumed assertion, byte for byte, and as it was before owners were kept")
    func consumedAssertionRecord() async throws {
        let journal = RecordingJournal()
        let store = ReplayGuard(journal: journal)
        let (id, owner) = (StoreSample.digest("jti"), StoreSample.assertionOwner)
        _ = try await store.consume(id, of: owner, expiry: StoreSample.now, now: StoreSample.now).outcome
        let form = Self.hexadecimal(id.bytes) + "000001a1ee565e00"
        #expect(journal.records.map(Self.hexadecimal) == ["51" + form + Self.hexadecimal(owner.id.bytes) + "01"])
        let restored = ReplayGuard(journal: VolatileJournal())
        let body = try #require(journal.records.first).dropFirst().prefix(40)
        try await restored.restore([[RecordKind.consumeAssertion.rawValue] + body])
        let again = try await restored.consume(
            id,
            of: owner,
            expiry: StoreSample.now,
            now: StoreSample.now - .seconds(1)
        ).outcome
        #expect(again == .replayed)
    }

    @Test("S-07: a user, byte for byte; one of before defaults and login epochs is read, with the first epoch")
    func userRecord() async throws {
        let journal = RecordingJournal()
        let store = TokenVault(journal: journal)
        var login = StoreSample.login("alice")
        (login.name, login.verifiedEmail) = (nil, nil)
        let id = UserID(value: 0x0102)
        _ = try await store.resolveUser(login, candidate: id, now: StoreSample.now).outcome
        let form = "00000000000000000000000000000102" + "00" + "00" + "00000000" + "000001a1ee565e00"
        let identity = Self.hexadecimal(login.identity.digest.bytes)
        #expect(journal.records.map(Self.hexadecimal) == ["38" + identity + form])
        // As older versions wrote the two into their journals.
        let rows = try await store.capture().rows()
        #expect(rows.map(Self.hexadecimal) == ["30" + form, "31" + identity + "00000000000000000000000000000102"])
        _ = try await store.endLogins(of: id).outcome
        // Another kind, because an older version cannot read it; the empty list of defaults comes before the epoch.
        #expect(journal.records.last.map(Self.hexadecimal) == "37" + form + "00000000" + "00000001")
        let restored = TokenVault(journal: VolatileJournal())
        try await restored.restore([try #require(journal.records.first)])
        #expect(await restored.user(id)?.loginEpoch == 0)
        #expect(await restored.userID(of: login.identity) == id)
        let older = TokenVault(journal: VolatileJournal())
        try await older.restore(rows)
        #expect(await older.userID(of: login.identity) == id)
        let (read, expected) = (await older.user(id), await restored.user(id))
        #expect(read == expected)
        try await restored.restore([try #require(journal.records.last)])
        #expect(await restored.user(id)?.loginEpoch == 1)
    }

    @Test("RFC 8936: a stream that is polled, byte for byte, as before streams were pushed; RFC 8935: one that is")
    func streamRecords() async throws {
        let journal = RecordingJournal()
        let store = EventStreams(journal: journal)
        var stream = EventStream(id: EventStreamID(value: 1), clientID: "mcp", usedAt: StoreSample.now)
        try await store.add(stream, now: StoreSample.now).outcome
        stream.push = EventPush(endpoint: "https://r", sealedAuthorization: "s")
        _ = try await store.update(stream).outcome
        let polled =
            "70" + "00000000000000000000000000000001" + "00000003" + Self.hexadecimal("mcp".utf8) + "0000" + "00000007"
            + Self.hexadecimal("enabled".utf8) + "0000" + "0000000000000000" + "000001a1ee565e00"
        let pushed = polled + "00000009" + Self.hexadecimal("https://r".utf8) + "01" + "00000001" + "73"
        #expect(journal.records.map(Self.hexadecimal) == [polled, pushed])
        let restored = EventStreams(journal: VolatileJournal())
        try await restored.restore(journal.records)
        let read = await restored.stream(stream.id, of: "mcp")
        #expect(read == stream)
        let older = EventStreams(journal: VolatileJournal())
        try await older.restore([try #require(journal.records.first)])
        let first = await older.stream(stream.id, of: "mcp")
        #expect(first != nil && first?.push == nil)
    }

    @Test("a registration of ourselves at an upstream, byte for byte")
    func registrationRecord() async throws {
        let journal = RecordingJournal()
        let store = TokenVault(journal: journal)
        _ = try await store.keep(StoreSample.registration(sealed: "\u{1}\u{2}")).outcome
        let expected =
            "35" + "00000004" + Self.hexadecimal("corp".utf8) + Self.hexadecimal(StoreSample.digest("purpose").bytes)
            + "0000000c" + Self.hexadecimal("openid email".utf8) + "00000002" + "0102"
        #expect(journal.records.map(Self.hexadecimal) == [expected])
    }

    @Test("P-10: a connection keeps the older form, and fields come after it in a record of their own kind")
    func connectionRecords() async throws {
        let journal = RecordingJournal()
        let vault = TokenVault(journal: journal)
        let user = try #require(
            try await vault.resolveUser(StoreSample.login("ada"), candidate: UserID(value: 7), now: StoreSample.now)
                .outcome
        )
        for (account, fields) in [("1", nil), ("2", "F")] {
            let tokens = StoreSample.tokens("A", refresh: "R", fields: fields)
            let draft = StoreSample.draft(user, account: account, tokens: tokens)
            let id = ConnectionID(value: fields == nil ? 8 : 9)
            _ = try await vault.store(draft, candidate: id, now: StoreSample.now).outcome
        }
        let records = journal.records.map(Self.hexadecimal)
        let plain = try #require(records.first { $0.hasPrefix("32") })
        let extended = try #require(records.first { $0.hasPrefix("36") })
        #expect(plain.contains("0000000141" + "010000000152" + "00"))
        #expect(extended.hasSuffix("0000000146") && extended.utf8.count == plain.utf8.count + 10)
        let restored = TokenVault(journal: VolatileJournal())
        try await restored.restore(journal.records)
        for (id, fields) in [(UInt64(8), nil), (9, "F")] {
            let connection = await restored.connection(ConnectionID(value: Bits128(id)))
            #expect(connection?.tokens.fields == fields.map { Array($0.utf8) })
            #expect(connection?.tokens.refreshToken == Array("R".utf8))
        }
    }

    @Test("a key of the vault and its removal, byte for byte")
    func vaultKeyRecords() async throws {
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        _ = try await ring.addVaultKey([1, 2], now: StoreSample.now).outcome
        _ = try await ring.addVaultKey([3], now: StoreSample.now).outcome
        _ = try await ring.removeVaultKeys(before: 2).outcome
        let expected = [
            "43" + "00000001" + "000000020102" + "000001a1ee565e00",
            "43" + "00000002" + "0000000103" + "000001a1ee565e00", "44" + "00000001",
        ]
        #expect(journal.records.map(Self.hexadecimal) == expected)
    }
}
