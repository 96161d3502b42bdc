package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Device authorizations behind a ``Network``.
package struct NetworkedDevices: DeviceStore {
    private let far: DeviceAuthorizations
    private let network: Network

    /// The same store, behind a network.
    package init(far: DeviceAuthorizations, network: Network) {
        self.far = far
        self.network = network
    }

    package func begin(
        _ device: DeviceAuthorization,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<DeviceAdmission> {
        try await network.change("begin") { () throws(StoreError) in await far.begin(device, now: now) }
    }

    package func device(userCode: SHA256Digest, now: Timestamp) async throws(StoreError) -> DeviceAuthorization? {
        try await network.ask("device") { () throws(StoreError) in await far.device(userCode: userCode, now: now) }
    }

    package func decide(
        _ deviceCode: SHA256Digest,
        _ decision: DeviceDecision,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("decide") { () throws(StoreError) in
            await far.decide(deviceCode, decision, now: now)
        }
    }

    package func poll(
        _ deviceCode: SHA256Digest,
        clientID: String,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<DevicePoll> {
        try await network.change("poll") { () throws(StoreError) in
            await far.poll(deviceCode, clientID: clientID, now: now)
        }
    }
}
