import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// VT-5: upstream tokens are sealed, and bound to where they belong.
@Suite("VT-5: sealing of upstream tokens")
struct TokenSealingTests {
    private let secret = [UInt8](repeating: 0x42, count: 32)
    private let tokens = UpstreamTokens(accessToken: "gho_access", refreshToken: "ghr_refresh", idToken: "eyJ.id.token")

    private func connection(
        sealed: SealedTokens,
        user: UInt64 = 1,
        upstream: String = "github",
        account: String = "583231"
    ) async throws -> Connection {
        let vault = TokenVault(journal: VolatileJournal())
        let identity = IdentityKey(namespace: "n", subject: "\(user)")
        let login = UserLogin(identity: identity, name: nil, verifiedEmail: nil)
        let resolved = try await vault.resolveUser(login, candidate: UserID(value: Bits128(user)), now: StoreSample.now)
            .outcome
        let owner = try #require(resolved)
        let draft = StoreSample.draft(owner, upstream: upstream, account: account, tokens: sealed)
        let outcome = try await vault.store(draft, candidate: ConnectionID(value: 1), now: StoreSample.now).outcome
        guard case .stored(let connection) = outcome else { throw ConformanceSurprise(outcome: outcome) }
        return connection
    }

    private struct ConformanceSurprise: Error {
        let outcome: ConnectionOutcome
    }

    private func sealing(_ seed: UInt64 = 1, secret: [UInt8]? = nil) throws -> TokenSealing {
        try TokenSealing(secret: secret ?? self.secret, random: SeededRandomSource(seed: seed))
    }

    private let place = TokenSealing.Place(userID: UserID(value: 1), upstream: "github", account: "583231")

    @Test("what is sealed opens at its place")
    func roundTrip() async throws {
        let sealing = try sealing()
        let connection = try await connection(sealed: try sealing.seal(tokens, at: place))
        #expect(try sealing.accessToken(of: connection) == "gho_access")
        #expect(try sealing.refreshToken(of: connection) == "ghr_refresh")
        #expect(try sealing.idToken(of: connection) == "eyJ.id.token")
    }

    @Test("P-10: fields are sealed like tokens: bound to their place and kind, sealed anew, never printed")
    func fields() async throws {
        let sealing = try sealing()
        let tokens = UpstreamTokens(accessToken: "gho_access", fields: "{\"instance_url\":\"https://e\"}")
        let sealed = try sealing.seal(tokens, at: place)
        var connection = try await connection(sealed: sealed)
        #expect(try sealing.fields(of: connection) == tokens.fields)
        #expect(!String(decoding: sealed.fields ?? [], as: UTF8.self).contains("instance"))
        let keys = try VaultKeys(
            rootSecret: secret,
            secrets: [VaultKeySecret(number: 1, secret: [9], createdAt: StoreSample.now)]
        )
        let rotated = TokenSealing(keys: keys, random: SeededRandomSource(seed: 2))
        #expect(!rotated.isCurrent(connection.tokens))
        connection.tokens = try rotated.resealed(connection)
        #expect(try rotated.isCurrent(connection.tokens) && rotated.fields(of: connection) == tokens.fields)
        let moved = try await self.connection(sealed: sealed, user: 2)
        #expect(throws: CryptoError.self) { try sealing.fields(of: moved) }
        connection.tokens.fields = connection.tokens.accessToken
        #expect(throws: CryptoError.self) { try rotated.fields(of: connection) }
        #expect(!"\(tokens) \(sealed)".contains("instance"))
        // A login or refresh without fields keeps those of before.
        let newer = try sealing.seal(UpstreamTokens(accessToken: "gho_2"), at: place).keepingAbsent(from: sealed)
        #expect(newer.fields == sealed.fields)
    }

    @Test("what the provider left out stays absent")
    func absentTokens() async throws {
        let sealing = try sealing()
        let connection = try await connection(sealed: try sealing.seal(UpstreamTokens(accessToken: "a"), at: place))
        #expect(try sealing.refreshToken(of: connection) == nil)
        #expect(try sealing.idToken(of: connection) == nil)
    }

    @Test(
        "a record that was moved to another user, provider or account does not open",
        arguments: [
            (UInt64(2), "github", "583231"), (1, "corp", "583231"), (1, "github", "583232"), (1, "githu", "b583231"),
        ]
    )
    func moved(user: UInt64, upstream: String, account: String) async throws {
        let sealing = try sealing()
        let sealed = try sealing.seal(tokens, at: place)
        let connection = try await connection(sealed: sealed, user: user, upstream: upstream, account: account)
        #expect(throws: CryptoError.self) { try sealing.accessToken(of: connection) }
        #expect(throws: CryptoError.self) { try sealing.refreshToken(of: connection) }
        #expect(throws: CryptoError.self) { try sealing.idToken(of: connection) }
    }

    @Test("a refresh token in the place of an access token does not open: it would be handed out")
    func swappedKinds() async throws {
        let sealing = try sealing()
        var sealed = try sealing.seal(tokens, at: place)
        let refreshToken = try #require(sealed.refreshToken)
        sealed.accessToken = refreshToken
        let connection = try await connection(sealed: sealed)
        #expect(throws: CryptoError.self) { try sealing.accessToken(of: connection) }
    }

    @Test("another secret does not open it, nor does a changed or cut text")
    func wrongSecret() async throws {
        let sealed = try sealing().seal(tokens, at: place)
        let connection = try await connection(sealed: sealed)
        let other = try sealing(secret: [UInt8](repeating: 0x43, count: 32))
        #expect(throws: CryptoError.self) { try other.accessToken(of: connection) }
        for change in 0..<4 {
            var damaged = connection
            switch change {
            case 0: damaged.tokens.accessToken[0] ^= 1
            case 1: damaged.tokens.accessToken[20] ^= 1
            case 2: damaged.tokens.accessToken.removeLast()
            default: damaged.tokens.accessToken = []
            }
            #expect(throws: CryptoError.self) { try self.sealing().accessToken(of: damaged) }
        }
    }

    @Test("the same token sealed twice looks different, and nothing of it shows")
    func freshNonces() throws {
        let sealing = try sealing()
        let (first, second) = (try sealing.seal(tokens, at: place), try sealing.seal(tokens, at: place))
        #expect(first.accessToken != second.accessToken)
        #expect(!String(decoding: first.accessToken, as: UTF8.self).contains("gho_"))
        #expect(first.accessToken.count == "gho_access".utf8.count + 5 + 12 + 16)
    }

    @Test(
        "texts of the first version open, also where their nonce looks like the second’s head",
        arguments: [true, false]
    )
    func firstVersion(looksLikeSecond: Bool) async throws {
        let key = try AES256GCMKey(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse vault 1".utf8), count: 32)
        )
        // Kind, user, upstream and account, as the first version wrote them.
        var place = BinaryWriter()
        place.write(UInt8(1))
        place.write(UserID(value: 1))
        place.write("github")
        place.write("583231")
        let nonce: [UInt8] = looksLikeSecond ? [2, 0, 0, 0, 0] + Array(1...7) : Array(101...112)
        let old = nonce + (try key.seal(Array("gho_old".utf8), nonce: nonce, authenticating: place.bytes))
        let connection = try await connection(sealed: SealedTokens(accessToken: old))
        let sealing = try sealing()
        #expect(try sealing.accessToken(of: connection) == "gho_old")
        // Found stale at the latest once another key seals.
        let keys = try VaultKeys(
            rootSecret: secret,
            secrets: [VaultKeySecret(number: 1, secret: [9], createdAt: StoreSample.now)]
        )
        let rotated = TokenSealing(keys: keys, random: SeededRandomSource(seed: 2))
        #expect(!rotated.isCurrent(connection.tokens))
        #expect(try rotated.accessToken(of: connection) == "gho_old")
        var anew = connection
        anew.tokens = try rotated.resealed(connection)
        #expect(rotated.isCurrent(anew.tokens))
        #expect(try rotated.accessToken(of: anew) == "gho_old" && anew.tokens.refreshToken == nil)
    }

    @Test("after a rotation the new key seals and the old ones open; what a removed key sealed does not")
    func rotation() async throws {
        let keys = try VaultKeys(rootSecret: secret)
        let sealing = TokenSealing(keys: keys, random: SeededRandomSource(seed: 3))
        var sealed = [try sealing.seal(tokens, at: place)]
        for number in UInt32(1)...2 {
            let secret = [UInt8](repeating: UInt8(number), count: 32)
            try keys.add(VaultKeySecret(number: number, secret: secret, createdAt: StoreSample.now))
            let last = try #require(sealed.last)
            #expect(keys.currentNumber == number && !sealing.isCurrent(last))
            sealed.append(try sealing.seal(tokens, at: place))
        }
        var connections: [Connection] = []
        for tokens in sealed { connections.append(try await connection(sealed: tokens)) }
        for connection in connections { #expect(try sealing.refreshToken(of: connection) == "ghr_refresh") }
        keys.remove(before: 2)
        #expect(throws: CryptoError.self) { try sealing.accessToken(of: connections[1]) }
        #expect(try sealing.accessToken(of: connections[0]) == "gho_access")
        #expect(try sealing.accessToken(of: connections[2]) == "gho_access")
        // A number that was changed names another key, which does not open it.
        var forged = connections[2]
        forged.tokens.accessToken[4] = 0
        #expect(throws: CryptoError.self) { try sealing.accessToken(of: forged) }
    }

    @Test("D-25: tokens never print, sealed or not, alone or inside a connection")
    func redaction() async throws {
        let sealed = try sealing().seal(tokens, at: place)
        let connection = try await connection(sealed: sealed)
        for value in [tokens, sealed, connection] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(text.contains("<redacted>"))
                for leak in ["gho_access", "ghr_refresh", "eyJ", "\(sealed.accessToken)"] {
                    #expect(!text.contains(leak))
                }
            }
            #expect(Mirror(reflecting: value).children.isEmpty || value is Connection)
        }
    }
}
