import Foundations
package import OpenSSLCrypto

/// RFC 9449 §4.2: a proof that the sender of a request holds a key, parsed and not verified yet.
///
/// Each rule of §4.3 is a file of this folder. Those that cost nothing come first; ``verify()`` is last, because its
/// signature is a stranger's and costs us a hundred times as much as the rest.
package struct DPoPProof: Sendable, Redacted {
    /// The claims; not trustworthy before ``verify()``.
    package let claims: JSONObject
    /// The registered ones among them.
    package let registered: RegisteredClaims
    let jws: CompactJWS
    let key: JSONObject
    /// Names the sender's header, which is the same in all proofs of one key of an ordinary client.
    ///
    /// It counts wrong proofs before the key is read, which is a stranger's as well.
    package let headerDigest: SHA256Digest

    /// The longest proof, in bytes: one with an RSA key of 4096 bits has some 2,500.
    package static let byteCountMax = 8_192
    /// RFC 9449 §4.2: the value of `typ`.
    package static let mediaType = "dpop+jwt"
    /// RFC 9449 §5.1: the accepted algorithms, chosen by us: never `none`, never a shared secret (DP-2, D-30).
    package static let algorithms = AssertionRules.algorithms

    /// Parses the value of a `DPoP` header field.
    ///
    /// - Throws: ``JOSEError`` for what is not a signed JWT of type `dpop+jwt` with the sender's public key.
    package init(parsing text: String) throws(JOSEError) {
        let segments = try CompactSegments(text, maximumBytes: Self.byteCountMax)
        let (jws, key) = try CompactJWS.withEmbeddedKey(segments)
        // RFC 9449 §4.3 #4, D-36: no other token is a proof.
        guard jws.header.mediaType == Self.mediaType else { throw .wrongType }
        // RFC 9449 §4.3 #5.
        guard Self.algorithms.contains(jws.header.algorithm) else { throw .unsupportedAlgorithm }
        self.jws = jws
        self.key = key
        claims = try JSONWebToken.unverifiedClaims(of: jws)
        registered = try RegisteredClaims(claims)
        headerDigest = SHA256.hash(segments.bytes.span.extracting(..<segments.headerEnd))
    }
}

/// RFC 9449 §4.3: what a proof must be for.
package struct DPoPUse: Sendable {
    /// The method of the request.
    package let method: String
    /// The URIs at which the request may have been sent: one, unless the resource has several names.
    package let targets: [String]
    /// The resource whose further addresses are accepted too; `nil` if it has none.
    package let resource: AddressedResource?
    /// The access token beside the proof, if there is one.
    package let accessToken: String?

    /// A use.
    package init(
        method: String,
        targets: [String],
        at resource: AddressedResource? = nil,
        accessToken: String? = nil
    ) {
        self.method = method
        self.targets = targets
        self.resource = resource
        self.accessToken = accessToken
    }
}

extension DPoPProof {
    /// Applies every rule that needs no key.
    ///
    /// - Throws: ``JOSEError`` for the first rule that is broken.
    package func check(_ use: DPoPUse, now: Timestamp) throws(JOSEError) {
        try checkMethod(use.method)
        try checkTarget(use)
        try checkTime(now)
        try checkIdentifier()
        try checkToken(use.accessToken)
    }
}
