import Foundations
package import OpenSSLCrypto

/// RFC 7515: JSON Web Signature in compact form, parsed and not yet verified.
///
/// The whole token is a credential that could be presented again, so it prints `<redacted>`.
package struct CompactJWS: Sendable, Redacted {
    /// The header, without parameters that are always refused.
    package let header: JOSEHeader
    /// The payload as it was signed.
    package let payload: [UInt8]
    /// The bytes that the signature covers.
    package let signingInput: [UInt8]
    /// The signature.
    package let signature: [UInt8]

    /// How many keys are tried for one token: verifying is slow, and a token without `kid` matches every key of its
    /// type.
    package static let keyTrialsMax = 8

    /// Parses a token.
    ///
    /// - Throws: ``JOSEError`` for anything but a signed token with a supported header (D-30…D-34).
    package init(parsing token: String, maximumBytes: Int = 16_384) throws(JOSEError) {
        let segments = try CompactSegments(token, maximumBytes: maximumBytes)
        header = try segments.header()
        payload = try segments.payload()
        signature = try segments.signature()
        signingInput = segments.signingInput
    }

    private init(_ segments: CompactSegments, header: JOSEHeader) throws(JOSEError) {
        self.header = header
        payload = try segments.payload()
        signature = try segments.signature()
        signingInput = segments.signingInput
    }

    /// A token whose header contains its signer's key, as a DPoP proof does, and that key.
    ///
    /// - Throws: As ``init(parsing:maximumBytes:)``, and ``JOSEError/invalidHeader(_:)`` without a key.
    static func withEmbeddedKey(_ segments: CompactSegments) throws(JOSEError) -> (jws: CompactJWS, key: JSONObject) {
        let (header, key) = try segments.headerWithKey()
        return (try CompactJWS(segments, header: header), key)
    }

    /// Whether the signature is this key's, by the header's algorithm, which must be the key's (RFC 8725 §3.1).
    package func isSigned(by key: JSONWebKey) -> Bool {
        key.supports(header.algorithm)
            && key.publicKey.isValidSignature(signature, for: signingInput, using: header.algorithm)
    }

    /// Checks that one of the keys made the signature, by one of the algorithms.
    ///
    /// The caller chooses the algorithms, never the token (RFC 8725 §3.1, D-30).
    ///
    /// - Parameters:
    ///   - keys: The keys that may have made it.
    ///   - algorithms: The accepted algorithms.
    ///   - keyTrialsMax: How many keys that fit are tried.
    ///   - onlyOne: Whether to refuse a token that several keys fit, instead of trying them: for keys of strangers.
    /// - Throws: ``JOSEError`` for the first rule that was broken.
    package func verify(
        with keys: JSONWebKeySet,
        algorithms: Set<SignatureAlgorithm>,
        keyTrialsMax: Int = keyTrialsMax,
        onlyOne: Bool = false
    ) throws(JOSEError) {
        guard algorithms.contains(header.algorithm) else { throw .unsupportedAlgorithm }
        let candidates = keys.candidates(keyID: header.keyID, algorithm: header.algorithm)
        guard !candidates.isEmpty else { throw .unknownKey }
        guard !onlyOne || candidates.count == 1 else { throw .ambiguousKey }
        guard candidates.prefix(keyTrialsMax).contains(where: isSigned(by:)) else {
            throw .invalidSignature
        }
    }
}
