import OpenSSLCrypto

/// RFC 9449 §4.3 #12: at a resource the proof is for the access token beside it.
extension DPoPProof {
    func checkToken(_ accessToken: String?) throws(JOSEError) {
        guard let accessToken else { return }
        guard let claimed = claims["ath"] else { throw .missingClaim("ath") }
        let expected = Base64URL.encode(SHA256.hash(accessToken).bytes)
        guard claimed.stringValue?.hasSameBytes(as: expected) == true else { throw .invalidClaim("ath") }
    }

    /// RFC 9449 §8: the server's nonce, if the proof has one.
    ///
    /// - Throws: ``JOSEError/invalidClaim(_:)`` for one that is not a text.
    package func nonce() throws(JOSEError) -> String? {
        guard let value = claims["nonce"] else { return nil }
        guard let text = value.stringValue else { throw .invalidClaim("nonce") }
        return text
    }
}
