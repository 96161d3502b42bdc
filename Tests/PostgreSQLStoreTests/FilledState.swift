import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// A state with rows of every kind that survives a restart.
enum FilledState {
    /// What the stores are made with: the log of endings is written.
    static var settings: StoreSettings {
        var settings = StoreSettings()
        settings.recordsEndings = true
        return settings
    }

    /// Adds rows of every kind.
    static func fill(_ stores: Stores) async throws {
        let user = try await stores.vault.madeUser()
        var draft = StoreSample.draft(user, accessTokenExpiry: StoreSample.now + .seconds(3600))
        draft.acceptedClaims = [AcceptedClaim(claim: "groups", values: ["staff"])]
        draft.providerSession = ProviderSession(id: "sid", sessionID: SessionID(value: 1))
        let connection = try await stores.vault.connected(draft)
        #expect(try await stores.vault.useByDefault(connection.id, of: user).outcome)
        _ = try await stores.vault.connected(StoreSample.draft(user, upstream: "corp", account: "7"), candidate: 2)
        let other = try await stores.vault.madeUser("grace", candidate: 2)
        let tokens = StoreSample.tokens("access 2", fields: "fields of the provider")
        _ = try await stores.vault.connected(
            StoreSample.draft(other, upstream: "corp", account: "8", tokens: tokens),
            candidate: 3
        )
        _ = try await stores.vault.keep(StoreSample.registration(sealed: "of ours")).outcome
        for id in ["dcr_sample", "dcr_other"] {
            _ = try await stores.clients.replace(StoreSample.client(id, kind: .metadataDocument)).outcome
        }
        try await fillSessions(stores.sessions)
        let assertion = StoreSample.digest("assertion")
        let end = StoreSample.now + .seconds(600)
        _ = try await stores.replay.consume(
            assertion,
            of: StoreSample.assertionOwner,
            expiry: end,
            now: StoreSample.now
        )
        .outcome
        _ = try await stores.keys.serverSecret(candidate: [1, 2, 3]).outcome
        for secret in [[UInt8(4)], [5]] { _ = try await stores.keys.addVaultKey(secret, now: StoreSample.now).outcome }
        for state in [StoredSigningKey.State.active, .next, .active] {
            _ = try await stores.keys.install(try StoreSample.signingKey(state), now: StoreSample.now).outcome
        }
        let streams = try #require(stores.signals).streams
        let stream = EventStream(id: EventStreamID(value: 5), clientID: "mcp-server", usedAt: StoreSample.now)
        _ = try await streams.add(stream, now: StoreSample.now).outcome
        var pushed = EventStream(id: EventStreamID(value: 6), clientID: "mcp-server", usedAt: StoreSample.now)
        pushed.push = EventPush(endpoint: "https://receiver.example/e", sealedAuthorization: "sealed")
        _ = try await streams.add(pushed, now: StoreSample.now).outcome
        let blocks = try #require(stores.administration).blocks
        _ = try await blocks.block(.redirectHost("bad.example"), now: StoreSample.now).outcome
    }

    private static func agent(of parent: Session) -> Session {
        Session(
            id: SessionID(value: 100),
            userID: parent.userID,
            clientID: "agent_100",
            scopes: ScopeSet(["mcp:read"]),
            resource: StoreSample.resource,
            connections: [],
            authenticatedAt: StoreSample.now,
            absoluteExpiry: StoreSample.now + .seconds(86_400),
            idleExpiry: StoreSample.now + .seconds(86_400),
            generation: 0,
            rotatedAt: StoreSample.now,
            claims: [],
            isFederated: false,
            agent: AgentGrant(
                name: "an agent",
                tokenHash: StoreSample.digest("agent token"),
                parent: parent.id,
                maker: StoreSample.clientID,
                createdAt: StoreSample.now
            )
        )
    }

    private static func fillSessions(_ store: any AuthorizationStore) async throws {
        let session = try await store.opened(StoreSample.grant(1))
        var use = StoreSample.use(generation: 1)
        use.origin = RefreshOrigin(network: SourceNetwork(number: .max), agent: 3)
        _ = try await store.rotate(
            use,
            under: RefreshConditions(neededUpstreams: [StoreSample.resource: []]),
            now: StoreSample.now + .seconds(1)
        ).outcome
        #expect(try await store.startAgent(agent(of: session), now: StoreSample.now).outcome == .admitted)
        _ = try await store.rememberConsent(StoreSample.consent("consent")).outcome
        let over = try await store.opened(StoreSample.grant(2))
        _ = try await store.revoke(over.id).outcome
        for (name, id) in [("own", nil), ("of the session", session.id)] as [(String, SessionID?)] {
            _ = try await store.revokeAccessToken(
                AccessTokenReference(tokenID: name, sessionID: id, audience: StoreSample.resource),
                expiry: StoreSample.now + .seconds(60),
                now: StoreSample.now
            ).outcome
        }
    }
}
