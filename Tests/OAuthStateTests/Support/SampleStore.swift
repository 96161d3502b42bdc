import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// A kind of store, how to make an empty one, and how to make one that holds a row of every kind.
struct SampleStore: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let recordKinds: Set<RecordKind>
    let empty: @Sendable (any ChangeJournal) -> any RecordedStore
    private let filling: @Sendable (any ChangeJournal) async throws -> any RecordedStore

    /// A store with rows; its changes are in the journal.
    func filled(_ journal: RecordingJournal = RecordingJournal()) async throws -> any RecordedStore {
        try await filling(journal)
    }

    private init<Store: RecordedStore>(
        _ empty: @escaping @Sendable (any ChangeJournal) -> Store,
        _ fill: @escaping @Sendable (Store) async throws -> Void
    ) {
        testDescription = "\(Store.self)"
        recordKinds = Store.recordKinds
        self.empty = { empty($0) }
        filling = { journal in
            let store = empty(journal)
            try await fill(store)
            return store
        }
    }

    static let all: [SampleStore] = [
        SampleStore({ ClientRegistry(preRegistered: [], journal: $0) }, fillClients),
        SampleStore(
            { AuthorizationSessions(policy: SessionPolicy(), journal: $0, recordsEndings: true) },
            fillSessions
        ),
        SampleStore({ TokenVault(journal: $0) }, fillVault),
        SampleStore({ SigningKeyRing(journal: $0) }, fillKeys),
        SampleStore({ ReplayGuard(journal: $0) }, fillReplay),
        SampleStore({ BlockList(journal: $0) }, fillBlocks),
        SampleStore({ EventStreams(journal: $0) }, fillStreams),
    ]

    private static func fillClients(_ store: ClientRegistry) async throws {
        for number in 1...5 {
            _ = try await store.register(StoreSample.client("dcr_\(number)")).outcome
        }
        let full = Client(
            id: "dcr_full",
            kind: .metadataDocument,
            name: "Ünïcode 𝄞",
            uri: "https://client.example",
            redirectURIs: ["http://127.0.0.1/callback"],
            grantTypes: [.authorizationCode, .refreshToken, .clientCredentials, .tokenExchange],
            authenticationMethods: Set(TokenEndpointAuthenticationMethod.allCases),
            secretHash: StoreSample.digest("secret"),
            scopes: ScopeSet(["mcp:read", "mcp:write"]),
            applicationType: .web,
            keySet: Array(#"{"keys":[]}"#.utf8),
            keySetURI: "https://client.example/jwks",
            issuedAt: StoreSample.now
        )
        _ = try await store.replace(full).outcome
        await store.touch("dcr_2", now: StoreSample.now + .seconds(5))
        _ = try await store.remove("dcr_3").outcome
    }

    private static func fillSessions(_ store: AuthorizationSessions) async throws {
        for number in UInt64(1)...5 {
            let grant = StoreSample.grant(number, issuesRefreshToken: number != 4)
            _ = try await store.issueCode(StoreSample.digest("\(number)"), for: grant, now: StoreSample.now).outcome
            _ = try await store.redeem(StoreSample.redemption("\(number)"), now: StoreSample.now).outcome
        }
        _ = try await store.rotate(StoreSample.use(2, generation: 1), now: StoreSample.now + .seconds(7)).outcome
        let use = StoreSample.use(5, generation: 1)
        await (try await store.rotate(use, now: StoreSample.now + .seconds(8))).failAnswering()
        _ = try await store.revoke(SessionID(value: 3)).outcome
        _ = try await store.rememberConsent(StoreSample.consent("consent 1")).outcome
        _ = try await store.rememberConsent(StoreSample.consent("consent 2")).outcome
        let hour: Duration = .seconds(3600)
        _ = try await store.revokeAccessToken(
            AccessTokenReference(tokenID: "jti 1", sessionID: nil),
            expiry: StoreSample.now + hour,
            now: StoreSample.now
        ).outcome
        _ = try await store.revokeAccessToken(
            AccessTokenReference(tokenID: "jti 2", sessionID: SessionID(value: 1)),
            expiry: StoreSample.now + hour,
            now: StoreSample.now
        ).outcome
    }

    private static func fillVault(_ store: TokenVault) async throws {
        for (number, name) in [(UInt64(1), "alice"), (2, "bob"), (3, "carol")] {
            let candidate = UserID(value: Bits128(number))
            _ = try await store.resolveUser(StoreSample.login(name), candidate: candidate, now: StoreSample.now).outcome
            for (index, upstream) in ["github", "corp"].enumerated() {
                let id = ConnectionID(value: Bits128(number * 10 + UInt64(index)))
                let draft = StoreSample.draft(candidate, upstream: upstream)
                _ = try await store.store(draft, candidate: id, now: StoreSample.now).outcome
            }
        }
        let (first, second, third) = (ConnectionID(value: 10), ConnectionID(value: 11), ConnectionID(value: 20))
        _ = try await store.mark(first, version: 1, .reauthorizationRequired, reason: "invalid_grant").outcome
        let refresh = ConnectionRefresh(
            id: second,
            version: 1,
            tokens: StoreSample.tokens("access 2"),
            scopes: .empty,
            accessTokenExpiry: StoreSample.now + .seconds(3600)
        )
        _ = try await store.replace(refresh, now: StoreSample.now + .seconds(9)).outcome
        await store.touch(second, now: StoreSample.now + .seconds(11))
        _ = try await store.disconnect(third).outcome
        await (try await store.disconnect(ConnectionID(value: 21))).failAnswering()
        _ = try await store.keep(StoreSample.registration(sealed: "sealed")).outcome
        _ = try await store.resolveUser(
            UserLogin(identity: IdentityKey(namespace: "x", subject: "y"), name: nil, verifiedEmail: nil),
            candidate: UserID(value: 99),
            now: StoreSample.now
        ).outcome
    }

    private static func fillKeys(_ store: SigningKeyRing) async throws {
        _ = try await store.serverSecret(candidate: [UInt8](repeating: 7, count: 32)).outcome
        for secret in [UInt8(1), 2, 3] {
            _ = try await store.addVaultKey([UInt8](repeating: secret, count: 32), now: StoreSample.now).outcome
        }
        _ = try await store.removeVaultKeys(before: 2).outcome
        _ = try await store.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        _ = try await store.install(try StoreSample.signingKey(.next), now: StoreSample.now).outcome
        _ = try await store.install(try StoreSample.signingKey(.active, purpose: .idToken), now: StoreSample.now)
            .outcome
        for step in 1...3 {
            let now = StoreSample.now + .seconds(step * 60)
            _ = try await store.rotate(
                successor: try StoreSample.signingKey(.next, publishedAt: now),
                publishedBy: nil,
                now: now
            ).outcome
        }
        _ = try await store.withdraw(retiredBefore: StoreSample.now + .seconds(90)).outcome
    }

    private static func fillBlocks(_ store: BlockList) async throws {
        let parties: [BlockedParty] = [
            .user(UserID(value: 7)), .client("https://client.example/c.json"), .redirectHost("evil.example"),
            .documentHost("client.example"), .registration, .client("dcr_1"),
        ]
        for party in parties { _ = try await store.block(party, now: StoreSample.now).outcome }
        _ = try await store.unblock(.client("dcr_1")).outcome
    }

    private static func fillStreams(_ store: EventStreams) async throws {
        for number in UInt64(1)...6 {
            var stream = EventStream(
                id: EventStreamID(value: Bits128(number)),
                clientID: "mcp-server",
                usedAt: StoreSample.now
            )
            if number == 1 {
                stream.push = EventPush(endpoint: "https://receiver.example/e", sealedAuthorization: "sealed")
            }
            if number == 2 { stream.summary = "all of it" }
            if number == 3 { stream.requestedEvents = ["a", "b"] }
            if number == 4 { (stream.status, stream.reason) = (.paused, "maintenance") }
            if number == 5 {
                stream.verification = EventStream.Verification(number: 1, state: "x", requestedAt: StoreSample.now)
            }
            try await store.add(stream, now: StoreSample.now).outcome
        }
        let known = StreamAcknowledgement(position: 17)
        _ = try await store.acknowledge(known, of: EventStreamID(value: 1), now: StoreSample.now).outcome
        _ = try await store.remove(EventStreamID(value: 6), of: "mcp-server").outcome
    }

    private static func fillReplay(_ store: ReplayGuard) async throws {
        for number in 1...5 {
            let expiry = StoreSample.now + .seconds(number * 100)
            let consumption = try await store.consume(
                StoreSample.digest("\(number)"),
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: StoreSample.now
            )
            if number == 2 { await consumption.failAnswering() }
        }
    }
}
