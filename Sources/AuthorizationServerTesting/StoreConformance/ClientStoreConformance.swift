import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// What every `ClientStore` must do: RFC 7591, FD-8.
package enum ClientStoreConformance {
    /// A rule about a store of clients.
    package typealias Rule = ConformanceRule<any ClientStore>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("CR-1: a registered client is found as it was registered", registeredClientsAreFound),
        Rule("D-2: an unknown id finds nothing, nor does a look-alike of a known one", unknownClients),
        Rule("CR-9: 64 registrations that race all become known", racingRegistrations),
        Rule("CM-10: a client's new version takes the place of the old one", replacement),
        Rule("CR-12: of 64 updates that race with one token one is made, and none with another token", managedUpdate),
        Rule("a removed client is gone, and removed once", removal),
        Rule("clients of the configuration are known and cannot be taken over", preRegisteredClients),
        Rule("CR-10: at the bound the oldest client that was never used is evicted", oldestUnusedGivesWay),
        Rule(
            "FD-8: a client that was ever used is never evicted; at the bound of such, a new one is refused",
            usedClientsStay
        ),
        Rule(
            "FD-8: at the bound a client that was not used for 90 days is evicted, the oldest first",
            abandonedClients
        ),
        Rule("S-03: a flood of registrations evicts its own, and a client of another network stays", floodEvictsItself),
        Rule(
            "S-03: never-used clients are bounded by their bytes, and a client that is used leaves their share",
            byteBound
        ),
    ]

    static func managedUpdate(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let tokens = ["first"] + (0..<StoreSample.racerCount).map { "next \($0)" }
        let clients = tokens.map { token in
            StoreSample.client("dcr_managed", name: token, managementTokenHash: StoreSample.digest(token))
        }
        _ = try await store.register(clients[0], from: SourceNetwork(number: 1)).outcome
        _ = try await store.register(StoreSample.client("dcr_unmanaged"), from: SourceNetwork(number: 1)).outcome
        for (client, token) in [
            (clients[1], "other"), (StoreSample.client("dcr_unmanaged", name: "other"), "first"),
            (StoreSample.client("dcr_unknown", managementTokenHash: StoreSample.digest("first")), "first"),
        ] {
            let outcome = try await store.update(client, presenting: StoreSample.digest(token)).outcome
            try requireEqual(outcome, .superseded, "an update without the token of \(client.id)")
        }
        try requireEqual(try await store.client("dcr_managed"), clients[0], "the client after refused updates")
        let outcomes = try await race { racer in
            let token = StoreSample.digest("first")
            return (racer: racer, outcome: try await store.update(clients[racer + 1], presenting: token).outcome)
        }
        let made = outcomes.filter { $0.outcome == .updated }
        try requireEqual(made.count, 1, "the number of updates with one token")
        guard let winner = made.first else { return }
        try requireEqual(try await store.client("dcr_managed"), clients[winner.racer + 1], "the updated client")
    }

    private static func limited() -> StoreSettings {
        var settings = StoreSettings()
        settings.limits.neverUsedClientBytesMax = 64 << 10
        return settings
    }

    static func floodEvictsItself(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(limited())
        let (flood, other) = (SourceNetwork(number: 1), SourceNetwork(number: 2))
        _ = try await store.register(StoreSample.client("dcr_honest"), from: other).outcome
        for number in 0..<500 {
            let client = StoreSample.client("dcr_\(number)")
            try requireEqual(try await store.register(client, from: flood).outcome, .registered, "a registration")
        }
        try require(try await store.client("dcr_honest") != nil, "a flood evicted another network's client")
        try require(try await store.client("dcr_499") != nil, "the newest client was evicted")
        try requireEqual(try await store.client("dcr_0"), nil, "the oldest client of the flood")
    }

    static func byteBound(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(limited())
        let source = SourceNetwork(number: 1)
        _ = try await store.register(StoreSample.client("dcr_used"), from: source).outcome
        await store.touch("dcr_used", now: StoreSample.now)
        let name = String(repeating: "n", count: 3000)
        for number in 0..<40 {
            _ = try await store.register(StoreSample.client("dcr_\(number)", name: name), from: source).outcome
        }
        var known = 0
        for number in 0..<40 {
            let client = try await store.client("dcr_\(number)")
            known += client == nil ? 0 : 1
        }
        try require((8...21).contains(known), "\(known) clients of 3 kB fit into 64 KiB")
        try require(try await store.client("dcr_used") != nil, "a client in use was evicted")
    }

    static func registeredClientsAreFound(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let client = Client(
            id: "dcr_full",
            kind: .dynamic,
            name: "Ünïcode",
            uri: "https://client.example",
            redirectURIs: ["http://127.0.0.1/callback", "https://client.example/cb?x=1"],
            grantTypes: [.authorizationCode],
            authenticationMethods: [.clientSecretPost],
            secretHash: StoreSample.digest("secret"),
            scopes: ScopeSet(["mcp:read"]),
            applicationType: .web,
            keySet: Array(#"{"keys":[]}"#.utf8),
            keySetURI: "https://client.example/jwks",
            issuedAt: StoreSample.now
        )
        try requireEqual(try await store.register(client).outcome, .registered, "a registration")
        try requireEqual(try await store.client("dcr_full"), client, "the client that is kept")
    }

    static func unknownClients(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await store.register(StoreSample.client("dcr_K")).outcome
        // U+212A KELVIN SIGN equals K in Swift's eyes.
        for id in ["", "dcr_", "dcr_k", "dcr_K ", "dcr_\u{212A}"] {
            try requireEqual(try await store.client(id), nil, "the client \(id)")
        }
    }

    static func racingRegistrations(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let outcomes = try await race { racer in try await store.register(StoreSample.client("dcr_\(racer)")).outcome }
        try require(outcomes.allSatisfy { $0 == .registered }, "a registration failed: \(outcomes)")
        for racer in 0..<outcomes.count {
            try require(try await store.client("dcr_\(racer)") != nil, "registration \(racer) was lost")
        }
    }

    static func replacement(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let id = "https://client.example/metadata.json"
        let first = StoreSample.client(id, kind: .metadataDocument)
        try requireEqual(try await store.replace(first).outcome, .registered, "a first version")
        let client = StoreSample.client(id, kind: .metadataDocument, redirectURI: "https://client.example/new")
        try requireEqual(try await store.replace(client).outcome, .registered, "a second version")
        try requireEqual(try await store.client(client.id), client, "the version that is kept")
        try requireEqual(try await store.renew(first).outcome, true, "a renewal")
        try requireEqual(try await store.client(client.id), first, "the version that was renewed")
        _ = try await store.remove(id).outcome
        try requireEqual(try await store.renew(client).outcome, false, "a renewal of a removed client")
        try requireEqual(try await store.client(id), nil, "the client that was removed")
    }

    static func removal(_ makeStore: StoreFactory<any ClientStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await store.register(StoreSample.client("dcr_1")).outcome
        _ = try await store.register(StoreSample.client("dcr_2")).outcome
        try requireEqual(try await store.remove("dcr_1").outcome, true, "a removal")
        try requireEqual(try await store.remove("dcr_1").outcome, false, "a second removal")
        try requireEqual(try await store.client("dcr_1"), nil, "the removed client")
        try require(try await store.client("dcr_2") != nil, "another client went along")
    }

    static func preRegisteredClients(_ makeStore: StoreFactory<any ClientStore>) async throws {
        var settings = StoreSettings()
        let client = StoreSample.client("cli", kind: .preRegistered)
        settings.preRegistered = [client]
        let store = try await makeStore(settings)
        _ = try await store.replace(StoreSample.client("cli", redirectURI: "https://attacker.example/cb")).outcome
        _ = try await store.remove("cli").outcome
        try requireEqual(try await store.client("cli"), client, "the client of the configuration")
    }

    static func oldestUnusedGivesWay(_ makeStore: StoreFactory<any ClientStore>) async throws {
        var settings = StoreSettings()
        settings.limits.dynamicClientsMax = 3
        let store = try await makeStore(settings)
        for number in 1...3 {
            let issuedAt = StoreSample.now + .seconds(number)
            _ = try await store.register(StoreSample.client("dcr_\(number)", issuedAt: issuedAt)).outcome
        }
        await store.touch("dcr_1", now: StoreSample.now + .seconds(10))
        let outcome = try await store.register(StoreSample.client("dcr_4", issuedAt: StoreSample.now + .seconds(11)))
            .outcome
        try requireEqual(outcome, .registered, "a registration at the bound")
        for (id, isKnown) in [("dcr_1", true), ("dcr_2", false), ("dcr_3", true), ("dcr_4", true)] {
            try requireEqual(try await store.client(id) != nil, isKnown, "whether \(id) is known")
        }
    }

    static func usedClientsStay(_ makeStore: StoreFactory<any ClientStore>) async throws {
        var settings = StoreSettings()
        settings.limits.dynamicClientsMax = 2
        let store = try await makeStore(settings)
        for id in ["dcr_1", "dcr_2"] {
            _ = try await store.register(StoreSample.client(id)).outcome
            await store.touch(id, now: StoreSample.now)
        }
        try requireEqual(try await store.register(StoreSample.client("dcr_3")).outcome, .full, "a registration")
        let document = try await store.replace(StoreSample.client("https://client.example/m")).outcome
        try requireEqual(document, .full, "a new metadata document")
        try requireEqual(
            try await store.replace(StoreSample.client("dcr_1")).outcome,
            .registered,
            "a known client's version"
        )
        for id in ["dcr_1", "dcr_2"] {
            try require(try await store.client(id) != nil, "\(id) was used and is gone")
        }
        _ = try await store.remove("dcr_1").outcome
        try requireEqual(
            try await store.register(StoreSample.client("dcr_3")).outcome,
            .registered,
            "one after a removal"
        )
    }

    static func abandonedClients(_ makeStore: StoreFactory<any ClientStore>) async throws {
        var settings = StoreSettings()
        settings.limits.dynamicClientsMax = 3
        let store = try await makeStore(settings)
        let day: Duration = .seconds(86_400)
        for number in 1...3 {
            _ = try await store.register(StoreSample.client("dcr_\(number)")).outcome
            await store.touch("dcr_\(number)", now: StoreSample.now + .seconds(number))
        }
        await store.touch("dcr_1", now: StoreSample.now + day * 10)
        let early = StoreSample.client("dcr_4", issuedAt: StoreSample.now + day * 90)
        try requireEqual(try await store.register(early).outcome, .full, "a registration within the 90 days")
        let late = StoreSample.client("dcr_4", issuedAt: StoreSample.now + day * 91)
        try requireEqual(try await store.register(late).outcome, .registered, "a registration after them")
        for (id, isKnown) in [("dcr_1", true), ("dcr_2", false), ("dcr_3", true), ("dcr_4", true)] {
            try requireEqual(try await store.client(id) != nil, isKnown, "whether \(id) is known")
        }
    }
}
