import HashTreeCollections
package import OAuthProtocol

/// Which process is refreshing a connection's tokens.
struct HeldLease: Sendable {
    let holder: LeaseHolder
    let expiry: Timestamp
}

extension TokenVault {
    package func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) throws(StoreError) -> Receipt<RefreshLease> {
        // The provider accepts a refresh token once: it is not used while its successor could not be stored.
        try journal.requireAvailability()
        guard let connection = connectionTable[id], connection.version == version, connection.status != .revoked else {
            return Receipt(.superseded(connectionTable[id]))
        }
        if let lease = leases[id], lease.holder != holder, now < lease.expiry {
            return Receipt(.held(until: lease.expiry))
        }
        leases[id] = HeldLease(holder: holder, expiry: now + RefreshLease.lifetime)
        return Receipt(.granted(connection))
    }

    package func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) {
        guard leases[id]?.holder == holder else { return }
        leases[id] = nil
    }
}
