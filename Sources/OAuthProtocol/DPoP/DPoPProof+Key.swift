import OpenSSLCrypto

/// RFC 9449 §4.3 #6, #7: the proof is signed by the key in its own header, which is public.
extension DPoPProof {
    /// The thumbprint of the key that signed the proof.
    ///
    /// - Throws: ``JOSEError/privateKey`` for a key that discloses its secret, ``JOSEError/invalidKey`` or
    ///   ``JOSEError/unsupportedKey`` for one that cannot sign, or that is slow to verify with;
    ///   ``JOSEError/invalidSignature``.
    package func verify() throws(JOSEError) -> KeyThumbprint {
        let key = try JSONWebKey(key)
        // What a stranger brings must cost us little: RSA of at most 4096 bits with the usual exponent.
        guard JSONWebKeySet.Origin.stranger.permits(key) else { throw .unsupportedKey }
        guard key.supports(jws.header.algorithm) else { throw .invalidKey }
        guard jws.isSigned(by: key) else { throw .invalidSignature }
        return KeyThumbprint(of: key.publicKey)
    }
}
