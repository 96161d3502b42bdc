import OAuthProtocol
package import OAuthState

/// What every `DeviceStore` must do (RFC 8628, DV-1).
package enum DeviceStoreConformance {
    /// A rule about a store of device authorizations.
    package typealias Rule = ConformanceRule<any DeviceStore>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("DV-1: an undecided request is pending, and a device that polls too fast has to wait longer", interval),
        Rule("DV-1: an approval is returned once, to its own client, however many polls race", approval),
        Rule("DV-1: a request is decided once, and a denial is returned", denial),
        Rule("DV-1: expired codes are neither found nor decided, and reported as expired", expiry),
        Rule("DV-1: a user code names one request", userCodes),
        Rule("TK-16: an approval that could not leave can be fetched again", takenBack),
        Rule("D-80: at the bound a new request is refused, and known ones stay", bound),
    ]

    private static let now = StoreSample.now

    private static func sample(_ name: String = "device") -> DeviceAuthorization {
        DeviceAuthorization(
            deviceCode: StoreSample.digest("device code of \(name)"),
            userCode: StoreSample.digest("user code of \(name)"),
            clientID: StoreSample.clientID,
            scopes: StoreSample.scopes,
            resource: StoreSample.resource,
            expiry: now + DeviceAuthorization.lifetime
        )
    }

    private static func poll(
        _ store: any DeviceStore,
        _ device: DeviceAuthorization,
        after seconds: Int = 0,
        as clientID: String = StoreSample.clientID
    ) async throws -> DevicePoll {
        try await store.poll(device.deviceCode, clientID: clientID, now: now + .seconds(seconds)).outcome
    }

    static func interval(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        try requireEqual(try await store.begin(device, now: now).outcome, .admitted, "the request")
        try requireEqual(try await store.device(userCode: device.userCode, now: now), device, "the user code's request")
        // 5 s at first; 10 s after the first slow_down, 15 s after the second.
        for (seconds, expected) in [
            (0, DevicePoll.pending), (4, .tooFast), (13, .tooFast), (28, .pending), (42, .tooFast), (62, .pending),
        ] {
            try requireEqual(try await poll(store, device, after: seconds), expected, "the poll after \(seconds) s")
        }
    }

    static func approval(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        let code = StoreSample.digest("code")
        _ = try await store.begin(device, now: now).outcome
        let decided = try await store.decide(device.deviceCode, .approved(code: code), now: now).outcome
        try require(decided, "the approval was not stored")
        try requireEqual(try await store.device(userCode: device.userCode, now: now), nil, "a decided user code")
        try requireEqual(try await poll(store, device, as: "another"), .wrongClient, "another client's poll")
        let outcomes = try await race { _ in try await poll(store, device) }
        try requireEqual(outcomes.filter { $0 == .approved(code: code) }.count, 1, "the number of approvals")
        try requireEqual(outcomes.filter { $0 == .unknown }.count, outcomes.count - 1, "the number of others")
    }

    static func denial(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        _ = try await store.begin(device, now: now).outcome
        try require(try await store.decide(device.deviceCode, .denied, now: now).outcome, "the denial was not stored")
        let again = try await store.decide(device.deviceCode, .approved(code: StoreSample.digest("code")), now: now)
            .outcome
        try require(!again, "a request was decided twice")
        try requireEqual(try await poll(store, device), .denied, "the poll")
        try requireEqual(try await poll(store, device), .unknown, "the second poll")
    }

    static func expiry(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        _ = try await store.begin(device, now: now).outcome
        try requireEqual(
            try await store.device(userCode: device.userCode, now: device.expiry),
            nil,
            "an expired user code"
        )
        let decided = try await store.decide(device.deviceCode, .denied, now: device.expiry).outcome
        try require(!decided, "an expired request was decided")
        try requireEqual(try await poll(store, device, after: 600), .expired, "the poll at the end")
        try requireEqual(try await poll(store, device, after: 7200), .unknown, "the poll much later")
        try requireEqual(try await poll(store, sample("never")), .unknown, "the poll of an unknown code")
    }

    static func userCodes(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        _ = try await store.begin(device, now: now).outcome
        let twin = DeviceAuthorization(
            deviceCode: StoreSample.digest("another"),
            userCode: device.userCode,
            clientID: device.clientID,
            scopes: device.scopes,
            resource: device.resource,
            expiry: device.expiry
        )
        try requireEqual(try await store.begin(twin, now: now).outcome, .userCodeTaken, "the second request")
    }

    static func takenBack(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let device = sample()
        let code = StoreSample.digest("code")
        _ = try await store.begin(device, now: now).outcome
        _ = try await store.decide(device.deviceCode, .approved(code: code), now: now).outcome
        let receipt = try await store.poll(device.deviceCode, clientID: device.clientID, now: now)
        try requireEqual(await Self.failure(of: receipt), .unavailable, "the failed answer")
        try requireEqual(try await poll(store, device), .approved(code: code), "the poll after it")
    }

    private static func failure(of receipt: Receipt<DevicePoll>) async -> StoreError? {
        do throws(StoreError) {
            return try await receipt.answering { (_) throws(StoreError) -> StoreError? in throw .unavailable }
        } catch {
            return error
        }
    }

    static func bound(_ makeStore: StoreFactory<any DeviceStore>) async throws {
        var settings = StoreSettings()
        settings.limits.deviceAuthorizationsMax = 2
        let store = try await makeStore(settings)
        for name in ["a", "b"] { _ = try await store.begin(sample(name), now: now).outcome }
        try requireEqual(try await store.begin(sample("c"), now: now).outcome, .full, "the request beyond the bound")
        try requireEqual(try await poll(store, sample("a")), .pending, "a request within it")
    }
}
