import Foundations
package import OpenSSLCrypto

/// RFC 9449 §11.1: the proof is used once.
extension DPoPProof {
    /// What has to be remembered of a proof.
    package struct SingleUse: Hashable, Sendable {
        /// Identifies the proof among all proofs: its key and its `jti`.
        package let id: SHA256Digest
        /// When the proof can no longer be used anyway.
        package let expiry: Timestamp

        /// A use.
        package init(id: SHA256Digest, expiry: Timestamp) {
            self.id = id
            self.expiry = expiry
        }
    }

    func checkIdentifier() throws(JOSEError) {
        guard let tokenID = registered.tokenID else { throw .missingClaim("jti") }
        guard 1...AssertionRules.identifierByteCountMax ~= tokenID.utf8.count else { throw .invalidClaim("jti") }
    }

    /// What to remember of this proof, once ``check(_:now:)`` and ``verify()`` have accepted it.
    ///
    /// Per key: another holder of a key must not be able to use up somebody's identifiers.
    package func singleUse(by key: KeyThumbprint) -> SingleUse {
        let start = registered.issuedAt ?? Timestamp(secondsSinceEpoch: 0)
        return SingleUse(
            id: SHA256.hash("dpop proof\0\(key.text)\0\(registered.tokenID ?? "")"),
            // A second more, because times are compared in whole seconds.
            expiry: start + Self.window + .seconds(1)
        )
    }
}
