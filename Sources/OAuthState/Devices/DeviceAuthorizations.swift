package import OAuthProtocol
package import OpenSSLCrypto

/// Owns device authorizations in memory (RFC 8628).
///
/// Polls and decisions are one actor turn each, so that an approval is returned once, however many polls race.
package actor DeviceAuthorizations: DeviceStore {
    private let limits: StoreLimits
    private var entries = ExpiringTable<SHA256Digest, Entry>()
    private var userCodes = ExpiringTable<SHA256Digest, SHA256Digest>()

    private struct Entry: Sendable {
        let device: DeviceAuthorization
        var decision: DeviceDecision?
        var interval = DeviceAuthorization.interval
        var polledAt: Timestamp?
    }

    /// How long after its expiry a code is remembered, so that the device is informed that it has expired.
    static let remembrance: Duration = .seconds(120)

    /// An empty store.
    package init(limits: StoreLimits = .init()) {
        self.limits = limits
    }

    package func begin(_ device: DeviceAuthorization, now: Timestamp) -> Receipt<DeviceAdmission> {
        sweep(now: now)
        guard entries.count < limits.deviceAuthorizationsMax else { return Receipt(.full) }
        guard userCodes[device.userCode] == nil else { return Receipt(.userCodeTaken) }
        let expiry = device.expiry + Self.remembrance
        entries.insert(Entry(device: device), for: device.deviceCode, expiry: expiry)
        userCodes.insert(device.deviceCode, for: device.userCode, expiry: expiry)
        return Receipt(.admitted)
    }

    package func device(userCode: SHA256Digest, now: Timestamp) -> DeviceAuthorization? {
        guard let code = userCodes[userCode], let entry = entries[code], entry.decision == nil,
            now < entry.device.expiry
        else { return nil }
        return entry.device
    }

    package func decide(_ deviceCode: SHA256Digest, _ decision: DeviceDecision, now: Timestamp) -> Receipt<Bool> {
        guard var entry = entries[deviceCode], entry.decision == nil, now < entry.device.expiry else {
            return Receipt(false)
        }
        entry.decision = decision
        entries.update(entry, for: deviceCode)
        return Receipt(true)
    }

    package func poll(_ deviceCode: SHA256Digest, clientID: String, now: Timestamp) -> Receipt<DevicePoll> {
        sweep(now: now)
        guard let stored = entries[deviceCode] else { return Receipt(.unknown) }
        var entry = stored
        guard entry.device.clientID == clientID else { return Receipt(.wrongClient) }
        guard now < entry.device.expiry else { return Receipt(.expired) }
        switch entry.decision {
        case .approved(let code):
            entries.remove(deviceCode)
            return Receipt(.approved(code: code), reversal: { await self.restore(stored) })
        case .denied:
            entries.remove(deviceCode)
            return Receipt(.denied)
        case nil: break
        }
        // A clock that is set back must not slow a device down for long.
        let isTooFast = entry.polledAt.map { $0 <= now && now - $0 < entry.interval } ?? false
        if isTooFast { entry.interval += DeviceAuthorization.intervalStep }
        entry.polledAt = now
        entries.update(entry, for: deviceCode)
        return Receipt(isTooFast ? .tooFast : .pending)
    }

    private func restore(_ entry: Entry) {
        guard entries[entry.device.deviceCode] == nil else { return }
        entries.insert(entry, for: entry.device.deviceCode, expiry: entry.device.expiry + Self.remembrance)
    }

    /// Drops expired entries.
    package func sweep(now: Timestamp) {
        entries.expire(now: now)
        userCodes.expire(now: now)
    }

    /// How many requests are stored, for metrics.
    package var count: Int { entries.count }
}
