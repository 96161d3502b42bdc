import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import PostgreSQLStore
import PostgreSQLTesting
import Testing

/// VT-5: a dump of the database, without the storage key, contains no secret and nothing about a person.
@Suite("VT-5: a dump of the database")
struct DumpTests {
    private let now = StoreSample.now
    /// Part of every text that must not be in the dump.
    private let marker = "geheim"
    private let clientID = "https://geheim.example/metadata"
    private let user = UserID(value: 1)
    /// Numbers of a network and a user agent, which are digests of texts that can be guessed.
    private let origin = RefreshOrigin(
        network: SourceNetwork(number: 0x1122_3344_5566_7788),
        agent: 0x0102_0304_0506_0708
    )

    @Test("contains rows of every table, and no secret and no personal text of them, in any encoding")
    func nothingInClear() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let database = try await TestDatabase(in: cluster)
        var settings = StoreSettings()
        settings.recordsEndings = true
        let stores = try await TestStorage.open(database.settings, settings).stores
        try await fillVault(stores)
        try await fillSessions(stores.sessions)
        try await fillSignals(stores)
        try await fillNetworks(stores)
        let verifier = try await fillLogins(stores)
        let secrets = try await fillKeys(stores) + [verifier]
        await stores.upkeep.sweep(now: now, limit: 10)
        let dump = try String(contentsOfFile: try await cluster.order("dump postgres"), encoding: .utf8)
        #expect(emptyTables(dump).isEmpty)
        #expect(dump.contains("COPY") && dump.contains("connection_sessions"))
        for form in forms(of: marker) { #expect(!dump.lowercased().contains(form.lowercased()), "\(form)") }
        for number in [origin.network.number, origin.agent] {
            #expect(!dump.contains("\(number)"), "a network or a user agent")
        }
        for secret in secrets {
            for form in forms(of: secret) { #expect(!dump.contains(form), "a private key or a code verifier") }
        }
    }

    @Test("would be noticed if it contained a text in clear, in hexadecimal or in base64url")
    func control() {
        let bytes = Array("a name: geheim!".utf8)
        let hex = bytes.map { String(format: "%02x", Int($0)) }.joined()
        for text in ["geheim", hex] + (0..<3).map({ Base64URL.encode(Array(bytes.dropFirst($0))) }) {
            #expect(forms(of: marker).contains { text.contains($0) }, "\(text)")
        }
        #expect(
            emptyTables("COPY a.full (id) FROM stdin;\n1\n\\.\nCOPY a.empty (id) FROM stdin;\n\\.\n") == ["a.empty"]
        )
    }

    /// A text as it is, in hexadecimal, and in base64url at each of the three places that it may have in a group.
    private func forms(of text: String) -> [String] {
        let hex = text.utf8.map { String(format: "%02x", Int($0)) }.joined()
        let encoded = (0..<3).map { before in
            let bytes = [UInt8](repeating: 0, count: before) + Array(text.utf8)
            // What the bytes around the text have a part in is left out.
            let whole = Base64URL.encode(Array(bytes[..<(bytes.count / 3 * 3)]))
            return String(whole.dropFirst(before == 0 ? 0 : 4))
        }
        return [text, hex] + encoded
    }

    /// The tables without rows.
    private func emptyTables(_ dump: String) -> [String] {
        var empty: [String] = []
        var lines = dump.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            guard line.hasPrefix("COPY "), line.hasSuffix(" FROM stdin;"), lines.first == "\\." else { continue }
            empty.append(String(line.dropFirst(5).prefix { $0 != " " }))
        }
        return empty
    }

    // MARK: - Rows

    /// A session that ended, a revoked token, and a stream that reads of them.
    private func fillSignals(_ stores: Stores) async throws {
        let session = try await stores.sessions.opened(StoreSample.grant(900))
        _ = try await stores.sessions.revoke(session.id).outcome
        let token = AccessTokenReference(tokenID: "geheim token", sessionID: nil, audience: "https://geheim.example")
        _ = try await stores.sessions.revokeAccessToken(token, expiry: now + .seconds(600), now: now).outcome
        var stream = EventStream(id: EventStreamID(value: 1), clientID: clientID, usedAt: now)
        stream.summary = "geheim"
        stream.push = EventPush(endpoint: "https://geheim.example/e", sealedAuthorization: "geheim sealed")
        try await stores.signals?.streams.add(stream, now: now).outcome
    }

    /// A registration, a ticket and a refresh of one network.
    private func fillNetworks(_ stores: Stores) async throws {
        let registered = StoreSample.client("dcr_network", name: "geheim")
        #expect(try await stores.clients.register(registered, from: origin.network).outcome == .registered)
        let ticket = StoreSample.digest("ticket of a network")
        let end = now + .seconds(600)
        #expect(
            try await stores.sessions.consumeOnce(ticket, until: end, from: origin.network, now: now).outcome
                == .consumed
        )
        _ = try await stores.sessions.opened(StoreSample.grant(901))
        var use = StoreSample.use(901, generation: 1)
        use.origin = origin
        let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])
        guard case .rotated(let session) = try await stores.sessions.rotate(use, under: conditions, now: now).outcome
        else { throw Unexpected(description: "the refresh was refused") }
        // What is hidden in the table is as it was for the server.
        #expect(session.rotatedBy == origin)
    }

    private func fillVault(_ stores: Stores) async throws {
        let login = UserLogin(
            identity: IdentityKey(namespace: "https://geheim.example", subject: "geheim subject"),
            name: "geheim name",
            verifiedEmail: "geheim@example.com"
        )
        #expect(try await stores.vault.resolveUser(login, candidate: user, now: now).outcome == user)
        let sealing = try TokenSealing(secret: Array(1...32), random: SystemRandomSource())
        let place = TokenSealing.Place(userID: user, upstream: "geheim-corp", account: "geheim subject")
        let tokens = UpstreamTokens(
            accessToken: "geheim access token",
            refreshToken: "geheim refresh token",
            idToken: "geheim ID token",
            fields: #"{"geheim":"field"}"#
        )
        let draft = ConnectionDraft(
            userID: user,
            upstream: "geheim-corp",
            account: "geheim subject",
            accountName: "geheim account",
            tokens: try sealing.seal(tokens, at: place),
            scopes: ScopeSet(["geheim:scope"]),
            accessTokenExpiry: now + .seconds(3600),
            upstreamClientID: "Iv1.abc",
            providerSession: ProviderSession(id: "geheim sid", sessionID: SessionID(value: 1)),
            acceptedClaims: [AcceptedClaim(claim: "geheim claim", values: ["geheim value"])]
        )
        let connection = try await stores.vault.connected(draft)
        #expect(try await stores.vault.useByDefault(connection.id, of: user).outcome)
        let registration = StoredUpstreamRegistration(
            upstream: "geheim-corp",
            purpose: StoreSample.digest("purpose"),
            scopes: ScopeSet(["geheim:scope"]),
            sealed: try sealing.seal(registration: "geheim client secret", at: "geheim-corp")
        )
        #expect(try await stores.vault.keep(registration).outcome == .admitted)
        let client = StoreSample.client(
            clientID,
            kind: .metadataDocument,
            name: "geheim client",
            redirectURI: "https://geheim.example/callback"
        )
        #expect(try await stores.clients.replace(client).outcome == .registered)
        let blocks = try #require(stores.administration).blocks
        #expect(try await blocks.block(.redirectHost("geheim.example"), now: now).outcome == .blocked)
    }

    private var request: AuthorizationRequest {
        AuthorizationRequest(
            clientID: clientID,
            redirectURI: "https://geheim.example/callback",
            state: "geheim state",
            codeChallenge: CodeChallenge(digest: StoreSample.digest("verifier")),
            scopes: ScopeSet(["geheim:scope"]),
            resource: "https://geheim.example/mcp",
            nonce: "geheim nonce",
            loginHint: "geheim@example.com"
        )
    }

    private func session(_ number: UInt64, isFederated: Bool = false, agent: AgentGrant? = nil) -> Session {
        Session(
            id: SessionID(value: Bits128(number)),
            userID: user,
            clientID: clientID,
            scopes: ScopeSet(["geheim:scope"]),
            resource: "https://geheim.example/mcp",
            connections: [],
            authenticatedAt: now,
            absoluteExpiry: now + .seconds(86_400),
            idleExpiry: now + .seconds(86_400),
            generation: 0,
            rotatedAt: now,
            claims: Array(#"{"name":"geheim name"}"#.utf8),
            isFederated: isFederated,
            agent: agent
        )
    }

    private func fillSessions(_ store: any AuthorizationStore) async throws {
        #expect(try await store.start(session(10, isFederated: true), now: now).outcome == .admitted)
        let agent = AgentGrant(
            name: "geheim agent",
            tokenHash: StoreSample.digest("geheim agent token"),
            parent: SessionID(value: 10),
            maker: clientID,
            createdAt: now
        )
        #expect(try await store.startAgent(session(11, agent: agent), now: now).outcome == .admitted)
        let consent = RememberedConsent(
            key: StoreSample.digest("consent"),
            userID: user,
            clientID: clientID,
            destination: "https://geheim.example",
            resource: "https://geheim.example/mcp",
            scopes: ScopeSet(["geheim:scope"]),
            givenAt: now
        )
        #expect(try await store.rememberConsent(consent).outcome == .admitted)
        let token = AccessTokenReference(tokenID: "geheim jti", sessionID: SessionID(value: 10))
        #expect(try await store.revokeAccessToken(token, expiry: now + .seconds(600), now: now).outcome == .revoked)
    }

    private func login(_ number: UInt64, remainingUpstreams: [String] = []) -> Login {
        Login(
            request: request,
            sessionID: SessionID(value: Bits128(number)),
            remainingUpstreams: remainingUpstreams,
            authenticatedAt: now,
            claims: ["name": "geheim name"]
        )
    }

    /// Returns the code verifier, which is random and must not be in the dump.
    private func fillLogins(_ stores: Stores) async throws -> String {
        let end = now + .seconds(600)
        let verifier = CodeVerifier(random: SeededRandomSource(seed: 1))
        let pending = PendingLogin(
            login(20, remainingUpstreams: ["geheim-next"]),
            leg: .atProvider(LoginLeg(upstream: "geheim-corp", verifier: verifier, nonce: "geheim nonce")),
            binding: StoreSample.digest("geheim cookie"),
            expiry: end
        )
        #expect(
            try await stores.sessions.begin(pending, state: StoreSample.digest("state"), now: now).outcome == .admitted
        )
        let grant = AuthorizationGrant(login(21), userID: user, issuesRefreshToken: true)
        let code = StoreSample.digest("geheim code")
        #expect(try await stores.sessions.issueCode(code, for: grant, now: now).outcome == .admitted)
        let ticket = StoreSample.digest("geheim ticket")
        #expect(try await stores.sessions.consumeOnce(ticket, until: end, now: now).outcome == .consumed)
        let device = DeviceAuthorization(
            deviceCode: StoreSample.digest("geheim device code"),
            userCode: StoreSample.digest("geheim user code"),
            clientID: clientID,
            scopes: ScopeSet(["geheim:scope"]),
            resource: "https://geheim.example/mcp",
            expiry: end
        )
        #expect(try await stores.devices.begin(device, now: now).outcome == .admitted)
        let owner = AssertionOwner(id: StoreSample.digest("geheim issuer"), isSelfRegistered: false)
        let assertion = StoreSample.digest("geheim assertion")
        #expect(try await stores.replay.consume(assertion, of: owner, expiry: end, now: now).outcome == .consumed)
        return verifier.value
    }

    /// Returns the lines of the private key that must not be in the dump.
    private func fillKeys(_ stores: Stores) async throws -> [String] {
        _ = try await stores.keys.serverSecret(candidate: Array("geheim root secret of 32 bytes!!".utf8)).outcome
        _ = try await stores.keys.addVaultKey(Array("geheim vault secret of 32 bytes!".utf8), now: now).outcome
        let privateKey = try PrivateKey.generate(.edDSA)
        let key = try StoredSigningKey(privateKey, purpose: .accessToken, state: .active, publishedAt: now)
        try await stores.keys.install(key, now: now).outcome
        let lines = try privateKey.pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.map(String.init)
        #expect(!lines.isEmpty)
        return lines
    }
}
