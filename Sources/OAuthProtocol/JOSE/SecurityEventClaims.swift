import OpenSSLCrypto

/// RFC 8417: the claims of a security event token, as its receiver verifies it.
package struct SecurityEventClaims: Sendable, Hashable {
    /// `jti`: the same whenever the event comes again.
    package let identifier: String
    /// `sub_id` (RFC 9493), if the event has one.
    package let subject: JSONObject?
    /// The events by their types.
    package let events: JSONObject

    /// RFC 8417 §2.3: the type that tells events from all other tokens of the same key.
    package static let type = "secevent+jwt"

    /// Verifies an event.
    ///
    /// - Parameters:
    ///   - token: The compact token.
    ///   - keys: The published keys of the transmitter.
    ///   - issuer: The transmitter.
    ///   - audience: The receiver.
    /// - Throws: ``JOSEError`` for the first rule that the token broke.
    package init(
        verifying token: String,
        keys: JSONWebKeySet,
        issuer: String,
        audience: String
    ) throws(JOSEError) {
        let jws = try CompactJWS(parsing: token)
        // D-31: our tokens name their key.
        guard jws.header.keyID != nil else { throw .unknownKey }
        let claims = try JSONWebToken.verified(
            token,
            keys: keys,
            algorithms: Set(SignatureAlgorithm.allCases),
            types: [Self.type]
        )
        let registered = try RegisteredClaims(claims)
        guard registered.issuer?.hasSameBytes(as: issuer) == true else { throw .wrongIssuer }
        // RFC 8417 §3: an event for another receiver says nothing about our tokens.
        guard registered.audience.contains(where: { $0.hasSameBytes(as: audience) }) else {
            throw .invalidClaim("aud")
        }
        guard let identifier = registered.tokenID else { throw .missingClaim("jti") }
        guard let events = claims["events"]?.objectValue else { throw .missingClaim("events") }
        self.identifier = identifier
        self.events = events
        subject = claims["sub_id"]?.objectValue
    }
}
