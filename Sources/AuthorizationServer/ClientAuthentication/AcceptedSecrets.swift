import OpenSSLCrypto
package import ServerConfiguration
import Synchronization

/// The operator's secrets for one purpose, any of which is accepted; SIGHUP replaces them (N-3).
///
/// Several are in force while a rotation is in progress, so that a caller that shows the old one is not locked out.
package final class AcceptedSecrets: Sendable {
    private let hashes: Mutex<[SHA256Digest]>

    /// The secrets of a configuration; `nil` when it has none.
    package init?(_ reference: SecretReference?) {
        guard let hashes = Self.hashes(reference) else { return nil }
        self.hashes = Mutex(hashes)
    }

    /// Puts other secrets in the place of the accepted ones; without any, those remain.
    package func replace(by reference: SecretReference?) {
        guard let fresh = Self.hashes(reference) else { return }
        hashes.withLock { $0 = fresh }
    }

    /// Whether a hash is that of one of the secrets; each comparison takes the same time for every input (D-43).
    func accepts(_ shown: SHA256Digest) -> Bool {
        hashes.withLock(\.self).reduce(false) { found, hash in constantTimeEqual(shown.bytes, hash.bytes) || found }
    }

    private static func hashes(_ reference: SecretReference?) -> [SHA256Digest]? {
        let values = reference?.values ?? []
        return values.isEmpty ? nil : values.map { SHA256.hash($0.text) }
    }
}
