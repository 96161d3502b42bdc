package import OpenSSLCrypto

/// RFC 7523 §2.2 and §3: a JWT by which a client proves that it holds its private key (`private_key_jwt`).
///
/// Reading and verifying are separate steps: ``init(parsing:)`` returns which client the assertion claims to be from,
/// so that its keys can be found, and ``verify(clientID:audiences:keys:now:)`` checks the claim.
package struct ClientAssertion: Sendable {
    /// The claimed client; not trustworthy before ``verify(clientID:audiences:keys:now:)``.
    package let clientID: String
    private let jws: CompactJWS
    private let claims: JSONObject

    /// What remains to be done for a verified assertion: its `jti` has to be consumed.
    package struct SingleUse: Hashable, Sendable {
        /// Identifies the assertion among all assertions: this purpose, this client and this `jti`.
        package let id: SHA256Digest
        /// When the assertion expires anyway.
        package let expiry: Timestamp
    }

    /// The accepted algorithms, in the order in which they are advertised (CA-5): never `none`, never a shared secret.
    package static let algorithms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .edDSA]
    /// How far ahead `exp` may be, in seconds (CA-2); this bounds how long a `jti` is kept.
    package static let lifetimeSecondsMax: Int64 = 600
    /// The accepted difference of the client's clock, in seconds (CA-2).
    package static let clockSkewSeconds = 60
    /// The longest `jti`, in bytes.
    package static let tokenIDByteCountMax = 256
    /// CA-4: `typ` is absent, `JWT`, or the one of RFC 7523bis.
    ///
    /// Every other kind of token that the client's key may have signed, such as an access token or a proof, is refused
    /// (D-36).
    private static let types: Set<String?> = [nil, "jwt", "client-authentication+jwt"]

    /// Parses an assertion.
    ///
    /// - Throws: ``JOSEError`` for input that is not a signed JWT with a `sub`, or has another type (D-31…D-34).
    package init(parsing assertion: String) throws(JOSEError) {
        jws = try CompactJWS(parsing: assertion)
        guard Self.types.contains(jws.header.mediaType) else { throw .wrongType }
        claims = try JSONWebToken.unverifiedClaims(of: jws)
        guard let subject = try RegisteredClaims(claims).subject else { throw .missingClaim("sub") }
        clientID = subject
    }

    /// Whether the signature might be valid with the keys after another fetch.
    package func isWorthAsking(after error: JOSEError) -> Bool {
        error == .unknownKey || (error == .invalidSignature && jws.header.keyID == nil)
    }

    /// Checks everything except single use.
    ///
    /// Cheap checks come before the signature.
    ///
    /// - Parameters:
    ///   - clientID: The client whose keys are given.
    ///   - audiences: The accepted values of `aud`: the issuer, and the alternatives for this client (CA-3).
    ///   - keys: The client's registered keys; keys in the assertion are ignored (D-32).
    ///   - now: The current time.
    /// - Returns: What must be consumed before the client is authenticated.
    /// - Throws: ``JOSEError`` for the first rule that was broken.
    package func verify(
        clientID: String,
        audiences: [String],
        keys: JSONWebKeySet,
        now: Timestamp
    ) throws(JOSEError) -> SingleUse {
        let registered = try RegisteredClaims(claims)
        // CA-2: a client speaks only for itself.
        guard let issuedBy = registered.issuer else { throw .missingClaim("iss") }
        guard issuedBy.hasSameBytes(as: clientID) else { throw .wrongIssuer }
        guard self.clientID.hasSameBytes(as: clientID) else { throw .invalidClaim("sub") }
        // CA-3, D-41: `aud` must name us and no other server. A recipient could pass on an assertion with a second
        // audience, or for another server (audience injection; RFC 7523bis).
        guard registered.audience.count == 1, audiences.contains(where: registered.audience[0].hasSameBytes(as:)) else {
            throw .invalidClaim("aud")
        }
        guard let expiry = registered.expiresAt else { throw .missingClaim("exp") }
        try registered.checkDates(now: now, clockSkewSeconds: Self.clockSkewSeconds)
        let skew = Int64(Self.clockSkewSeconds)
        guard expiry.secondsSinceEpoch <= now.secondsSinceEpoch + Self.lifetimeSecondsMax + skew else {
            throw .invalidClaim("exp")
        }
        guard let tokenID = registered.tokenID else { throw .missingClaim("jti") }
        guard 1...Self.tokenIDByteCountMax ~= tokenID.utf8.count else { throw .invalidClaim("jti") }
        try jws.verify(with: keys, algorithms: Set(Self.algorithms))
        return SingleUse(
            id: SHA256.hash("client assertion\0\(clientID)\0\(tokenID)"),
            expiry: expiry + .seconds(Self.clockSkewSeconds)
        )
    }
}
