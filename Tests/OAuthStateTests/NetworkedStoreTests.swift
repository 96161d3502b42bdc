import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The contract can be met without a journal: stores behind a network keep every rule, and fail safely.
@Suite("Stores: behind a network the same rules hold")
struct NetworkedStoreTests {
    @Test("logins, codes, sessions and consents", arguments: AuthorizationStoreConformance.rules)
    func sessions(rule: AuthorizationStoreConformance.Rule) async throws {
        try await rule.check { settings in
            NetworkedSessions(
                far: AuthorizationSessions(
                    policy: settings.sessions,
                    journal: VolatileJournal(),
                    limits: settings.limits
                ),
                network: Network()
            )
        }
    }

    @Test("users and connections", arguments: VaultStoreConformance.rules)
    func vault(rule: VaultStoreConformance.Rule) async throws {
        try await rule.check { settings in
            NetworkedVault(far: TokenVault(journal: VolatileJournal(), limits: settings.limits), network: Network())
        }
    }

    @Test("requests of devices", arguments: DeviceStoreConformance.rules)
    func devices(rule: DeviceStoreConformance.Rule) async throws {
        try await rule.check { settings in
            NetworkedDevices(far: DeviceAuthorizations(limits: settings.limits), network: Network())
        }
    }

    @Test("endings and streams of events", arguments: SignalStoreConformance.rules)
    func signals(rule: SignalStoreConformance.Rule) async throws {
        try await rule.check { settings in
            let stores = MemoryStores(settings, journal: VolatileJournal())
            let signals = NetworkedSignals(
                far: Stores.Signals(endings: stores.sessions, streams: stores.streams),
                network: Network()
            )
            return SignalStores(
                authorization: NetworkedSessions(far: stores.sessions, network: Network()),
                signals: Stores.Signals(endings: signals, streams: signals)
            )
        }
    }

    @Test("both together", arguments: SharedStoreConformance.rules)
    func shared(rule: SharedStoreConformance.Rule) async throws {
        try await rule.check { _ in
            let scene = Scene()
            return SharedStores(authorization: scene.sessions, vault: scene.vault)
        }
    }

    /// One life of a session, from the login to its end; every step is repeated as a client repeats it that heard 503.
    private struct Scene {
        let network = Network()
        let sessions: NetworkedSessions
        let vault: NetworkedVault
        private let now = StoreSample.now

        init() {
            let (journal, ended) = (VolatileJournal(), EndedConnections())
            sessions = NetworkedSessions(
                far: AuthorizationSessions(policy: SessionPolicy(), journal: journal, endedConnections: ended),
                network: network
            )
            vault = NetworkedVault(far: TokenVault(journal: journal, endedConnections: ended), network: network)
        }

        private func persist<Outcome>(
            _ verb: () async throws(StoreError) -> Receipt<Outcome>
        ) async throws -> Outcome {
            for _ in 0..<2 {
                do throws(StoreError) { return try await verb().outcome } catch { continue }
            }
            return try await verb().outcome
        }

        func run() async throws -> [String] {
            let alice = StoreSample.login("alice")
            let user = try #require(
                try await persist { () throws(StoreError) in
                    try await vault.resolveUser(alice, candidate: UserID(value: 1), now: now)
                }
            )
            _ = try await persist { () throws(StoreError) in
                try await vault.store(StoreSample.draft(user), candidate: ConnectionID(value: 1), now: now)
            }
            let ticket = StoreSample.digest("ticket")
            _ = try await persist { () throws(StoreError) in
                try await sessions.consumeOnce(ticket, until: now + .seconds(60), now: now)
            }
            for number in UInt64(1)...2 {
                let code = StoreSample.digest("\(number)")
                _ = try await persist { () throws(StoreError) in
                    try await sessions.issueCode(code, for: StoreSample.grant(number), now: now)
                }
                let redeemed = try await persist { () throws(StoreError) in
                    try await sessions.redeem(StoreSample.redemption("\(number)"), now: now)
                }
                guard case .redeemed = redeemed else { throw StoreError.unavailable }
            }
            let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])
            let rotated = try await persist { () throws(StoreError) in
                try await sessions.rotate(StoreSample.use(1, generation: 1), under: conditions, now: now)
            }
            guard case .rotated(let session) = rotated else { throw StoreError.unavailable }
            _ = try await persist { () throws(StoreError) in
                try await sessions.rememberConsent(StoreSample.consent("consent"))
            }
            let token = AccessTokenReference(tokenID: "jti", sessionID: session.id)
            _ = try await persist { () throws(StoreError) in
                try await sessions.revokeAccessToken(token, expiry: now + .seconds(60), now: now)
            }
            _ = try await persist { () throws(StoreError) in try await sessions.revoke(SessionID(value: 2)) }
            _ = try await persist { () throws(StoreError) in try await vault.disconnect(ConnectionID(value: 1)) }
            return await facts(token)
        }

        /// What must hold at the end, whatever failed on the way.
        private func facts(_ token: AccessTokenReference) async -> [String] {
            let (sessions, vault) = (sessions.far, vault.far)
            let first = await sessions.session(SessionID(value: 1), now: now)
            return [
                "generation \(first?.generation ?? 0)",
                "revoked \(await sessions.session(SessionID(value: 2), now: now) == nil)",
                "consent \(await sessions.hasConsent(StoreSample.digest("consent"), now: StoreSample.now))",
                "token \(await sessions.standing(of: token, now: now) == .revoked)",
                "users \(await vault.counts.users)", "connections \(await vault.counts.connections)",
            ]
        }
    }

    @Test("ST-1: whichever verb fails, before or after its effect, the repeated request comes to the same state")
    func everyFailure() async throws {
        let undisturbed = Scene()
        let expected = try await undisturbed.run()
        let verbs = undisturbed.network.verbs
        #expect(verbs.count >= 10)
        for verb in verbs {
            for kind in Network.Failure.allCases {
                let scene = Scene()
                scene.network.fail(verb, kind)
                let found = try await scene.run()
                #expect(scene.network.hasFailed, "\(verb) \(kind)")
                // A ticket is consumed even when the answer was lost: its user begins again, and nothing is used twice.
                #expect(found == expected, "\(verb) \(kind)")
            }
        }
    }
}
