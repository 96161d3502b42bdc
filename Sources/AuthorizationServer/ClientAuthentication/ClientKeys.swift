package import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// RFC 7591 §2: the keys that a client registered, in `jwks` or at `jwks_uri` (CA-5).
///
/// Keys come from the registration only, never from the input to be verified with them (D-32).
package final class ClientKeys: Sendable {
    private let remote: RemoteKeySets
    private let embedded = Mutex<[Embedded: JSONWebKeySet]>([:])

    private struct Embedded: Hashable {
        let digest: SHA256Digest
        let origin: JSONWebKeySet.Origin
    }

    /// The most registered sets that are kept parsed; at the bound all are dropped and parsed again when needed.
    static let embeddedCountMax = 1024

    /// Why a client's keys are not available.
    package enum Failure: Error, Hashable, Sendable {
        /// It has registered no usable keys.
        case noKeys
        /// They cannot be fetched now. The exact reason is logged and not part of the answer, because an answer that
        /// distinguishes a refused address from a closed port would let strangers map networks.
        case unavailable
    }

    /// Keys of clients; those at a URL come from `remote`.
    package init(remote: RemoteKeySets) {
        self.remote = remote
    }

    /// The client's keys.
    package func keys(of client: Client, context: RequestContext) async throws(Failure) -> JSONWebKeySet {
        if let bytes = client.keySet { return try embeddedKeys(bytes, client.keyOrigin) }
        guard let url = client.keySetURI else { throw .noKeys }
        guard let keys = await remote.keySet(at: url, from: client.keyOrigin, context: context) else {
            throw .unavailable
        }
        return keys
    }

    /// The client's keys after another fetch, because the cached ones do not verify a signature; `nil` when no newer
    /// ones are available.
    package func renewedKeys(of client: Client, context: RequestContext) async -> JSONWebKeySet? {
        guard client.keySet == nil, let url = client.keySetURI else { return nil }
        return await remote.renewedKeySet(at: url, from: client.keyOrigin, context: context)
    }

    // Checking that points are on their curves takes longer than verifying a signature, so it is done once.
    private func embeddedKeys(
        _ bytes: [UInt8],
        _ origin: JSONWebKeySet.Origin
    ) throws(Failure) -> JSONWebKeySet {
        let place = Embedded(digest: SHA256.hash(bytes), origin: origin)
        if let known = embedded.withLock({ $0[place] }) { return known }
        // Registration refuses unreadable keys, so a failure here is the storage's fault; the client sees no
        // difference.
        guard let keys = try? JSONWebKeySet(parsing: bytes, from: origin) else { throw .noKeys }
        embedded.withLock { table in
            if table.count >= Self.embeddedCountMax { table.removeAll(keepingCapacity: true) }
            table[place] = keys
        }
        return keys
    }
}

extension Client {
    /// Who brought the client's keys.
    var keyOrigin: JSONWebKeySet.Origin { kind == .preRegistered ? .configured : .stranger }
}
