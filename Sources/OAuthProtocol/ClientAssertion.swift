package import OpenSSLCrypto

/// RFC 7523 §2.2 and §3: a JWT by which a client proves that it holds its private key (`private_key_jwt`).
///
/// Reading first, believing later: ``init(parsing:)`` says who claims to be the client, so that its keys can be found, and
/// ``verify(clientID:audiences:keys:now:)`` says whether it is true.
package struct ClientAssertion: Sendable {
    /// Who the assertion says it is from; not to be believed before ``verify(clientID:audiences:keys:now:)``.
    package let clientID: String
    private let jws: CompactJWS
    private let claims: JSONObject

    /// What an assertion that holds leaves to be done: its `jti` has to be used up.
    package struct SingleUse: Hashable, Sendable {
        /// Names the assertion among all that there are: of this purpose, this client and this `jti`.
        package let id: SHA256Digest
        /// From when on the assertion could not be used anyway.
        package let expiry: Timestamp
    }

    /// The algorithms on offer, in the order in which they are advertised (CA-5): never `none`, never a shared secret.
    package static let algorithms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .edDSA]
    /// How far ahead `exp` may lie, in seconds (CA-2); bounds how long a `jti` has to be kept.
    package static let lifetimeSecondsMax: Int64 = 600
    /// How far the client's clock may be off, in seconds (CA-2).
    package static let clockSkewSeconds = 60
    /// Longest `jti`, in bytes.
    package static let tokenIDByteCountMax = 256
    /// CA-4: `typ` absent, `JWT`, or RFC 7523bis's own; every other kind of token that the client's key may have signed, an
    /// access token or a proof, is none (D-36).
    private static let types: Set<String?> = [nil, "jwt", "client-authentication+jwt"]

    /// Takes an assertion apart.
    ///
    /// - Throws: ``JOSEError`` for what is no signed JWT with a `sub`, or one of another type (D-31…D-34).
    package init(parsing assertion: String) throws(JOSEError) {
        jws = try CompactJWS(parsing: assertion)
        guard Self.types.contains(jws.header.mediaType) else { throw .wrongType }
        claims = try JSONWebToken.unverifiedClaims(of: jws)
        guard let subject = try RegisteredClaims(claims).subject else { throw .missingClaim("sub") }
        clientID = subject
    }

    /// Whether the keys might know the signature after they have been fetched again.
    package func isWorthAsking(after error: JOSEError) -> Bool {
        error == .unknownKey || (error == .invalidSignature && jws.header.keyID == nil)
    }

    /// Checks everything but the single use.
    ///
    /// Whatever is cheap comes before the signature.
    ///
    /// - Parameters:
    ///   - clientID: The client whose keys are given.
    ///   - audiences: Our names: the issuer, and what else this client may call us (CA-3).
    ///   - keys: The client's registered keys; the assertion brings none of its own (D-32).
    ///   - now: The present moment.
    /// - Returns: What has to be used up before the client is believed.
    /// - Throws: ``JOSEError`` with the first rule that was broken.
    package func verify(
        clientID: String,
        audiences: [String],
        keys: JSONWebKeySet,
        now: Timestamp
    ) throws(JOSEError) -> SingleUse {
        let registered = try RegisteredClaims(claims)
        // CA-2: a client speaks for itself only.
        guard let issuedBy = registered.issuer else { throw .missingClaim("iss") }
        guard issuedBy.hasSameBytes(as: clientID) else { throw .wrongIssuer }
        guard self.clientID.hasSameBytes(as: clientID) else { throw .invalidClaim("sub") }
        // CA-3, D-41: meant for us and for nobody else. An assertion that names a second audience, or another server, can be
        // passed on by whoever received it (audience injection; RFC 7523bis).
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
