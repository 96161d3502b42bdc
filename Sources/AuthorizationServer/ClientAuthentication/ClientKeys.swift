package import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// RFC 7591 §2: the keys that a client registered, in `jwks` or behind `jwks_uri` (CA-5).
///
/// Keys come from the registration only, never from what is to be verified with them (D-32).
package final class ClientKeys: Sendable {
    private let remote: RemoteKeySets
    private let embedded = Mutex<[SHA256Digest: JSONWebKeySet]>([:])

    /// Most registered sets that are kept in their parsed form; at the bound all are dropped and parsed again when needed.
    static let embeddedCountMax = 1024

    /// Why a client's keys are not at hand.
    package enum Failure: Error, Hashable, Sendable {
        /// It registered none that can be used.
        case noKeys
        /// They cannot be fetched now; what exactly went wrong is logged and not said, for an answer that tells a refused
        /// address from a closed port would map networks for strangers.
        case unavailable
    }

    /// Keys of clients; those behind a URL come from `remote`.
    package init(remote: RemoteKeySets) {
        self.remote = remote
    }

    /// The client's keys.
    package func keys(of client: Client, context: RequestContext) async throws(Failure) -> JSONWebKeySet {
        if let bytes = client.keySet { return try embeddedKeys(bytes) }
        guard let url = client.keySetURI else { throw .noKeys }
        guard let keys = await remote.keySet(at: url, context: context) else { throw .unavailable }
        return keys
    }

    /// The client's keys fetched anew, because those at hand do not know a signature; `nil` when nothing newer is to be had.
    package func renewedKeys(of client: Client, context: RequestContext) async -> JSONWebKeySet? {
        guard client.keySet == nil, let url = client.keySetURI else { return nil }
        return await remote.renewedKeySet(at: url, context: context)
    }

    // Checking that points lie on their curves takes longer than verifying a signature: once is enough.
    private func embeddedKeys(_ bytes: [UInt8]) throws(Failure) -> JSONWebKeySet {
        let digest = SHA256.hash(bytes)
        if let known = embedded.withLock({ $0[digest] }) { return known }
        // Registration refused what cannot be read; what is wrong now is storage's doing and the same to the client.
        guard let keys = try? JSONWebKeySet(parsing: bytes) else { throw .noKeys }
        embedded.withLock { table in
            if table.count >= Self.embeddedCountMax { table.removeAll(keepingCapacity: true) }
            table[digest] = keys
        }
        return keys
    }
}
