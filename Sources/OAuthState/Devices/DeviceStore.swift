package import OAuthProtocol
package import OpenSSLCrypto

/// Stores device authorizations: requests of devices without a browser, until a user has decided and the device has
/// fetched the decision (RFC 8628).
///
/// Each verb checks and changes in one step. None of this survives a restart: the device starts again.
package protocol DeviceStore: Sendable {
    /// Stores a request under the hashes of both codes.
    func begin(_ device: DeviceAuthorization, now: Timestamp) async throws(StoreError) -> Receipt<DeviceAdmission>
    /// The undecided request with this user code (RFC 8628 §3.3).
    func device(userCode: SHA256Digest, now: Timestamp) async throws(StoreError) -> DeviceAuthorization?
    /// Stores the user's decision; `false` when there is no such undecided request.
    func decide(
        _ deviceCode: SHA256Digest,
        _ decision: DeviceDecision,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool>
    /// A device asks for the decision (RFC 8628 §3.4); an approval is returned once.
    ///
    /// An approval whose tokens could not leave is taken back: the device can ask again.
    func poll(
        _ deviceCode: SHA256Digest,
        clientID: String,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<DevicePoll>
}

/// RFC 8628 §3.1: the request of a device, which a user has to decide.
package struct DeviceAuthorization: Hashable, Sendable {
    /// Hash of the code that the device polls with.
    package let deviceCode: SHA256Digest
    /// Hash of the code that the user enters.
    package let userCode: SHA256Digest
    /// The client.
    package let clientID: String
    /// The scopes to be granted.
    package let scopes: ScopeSet
    /// The resource of the tokens, in its registered spelling.
    package let resource: String
    /// When both codes expire.
    package let expiry: Timestamp

    /// How long a user has to decide.
    package static let lifetime: Duration = .seconds(600)
    /// RFC 8628 §3.2: the shortest interval between two polls at first.
    package static let interval: Duration = .seconds(5)
    /// RFC 8628 §3.5: by how much each `slow_down` lengthens the interval.
    package static let intervalStep: Duration = .seconds(5)

    /// A request.
    package init(
        deviceCode: SHA256Digest,
        userCode: SHA256Digest,
        clientID: String,
        scopes: ScopeSet,
        resource: String,
        expiry: Timestamp
    ) {
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.clientID = clientID
        self.scopes = scopes
        self.resource = resource
        self.expiry = expiry
    }
}

/// A user's decision about a device's request.
package enum DeviceDecision: Hashable, Sendable {
    /// Approved: the login issued a code with this hash, which only the device's poll redeems.
    case approved(code: SHA256Digest)
    /// Denied, or the login failed.
    case denied
}

/// The outcome of storing a device's request.
package enum DeviceAdmission: Hashable, Sendable {
    case admitted
    /// The user code is in use; the caller draws another one.
    case userCodeTaken
    /// The table is full.
    case full
}

/// The outcome of a device's poll (RFC 8628 §3.5).
package enum DevicePoll: Hashable, Sendable {
    /// Approved: the hash of the login's code, returned once.
    case approved(code: SHA256Digest)
    /// The user has not decided yet.
    case pending
    /// The device polls too fast; the interval is now longer.
    case tooFast
    /// The user denied the request.
    case denied
    /// The codes have expired.
    case expired
    /// Never issued, used already, or no longer remembered.
    case unknown
    /// Another client's code; nothing was changed.
    case wrongClient
}
