import Foundations
package import OpenSSLCrypto

/// RFC 7521 §5.2 and RFC 7523 §3: a JWT that another party signed, as a proof or as a grant, parsed and not yet
/// verified.
///
/// The one reader of them all: client assertions, identity assertions, workload assertions, and the subject and actor
/// tokens of trusted issuers. Reading and verifying are separate steps, because the unverified issuer decides whose
/// keys are needed.
package struct SignedAssertion: Sendable, Redacted {
    /// The claims; not trustworthy before ``verify(_:keys:now:)``.
    package let claims: JSONObject
    /// The registered ones among them.
    package let registered: RegisteredClaims
    private let jws: CompactJWS

    /// What remains to be done for a verified assertion that must be used once: its identifier has to be consumed.
    package struct SingleUse: Hashable, Sendable {
        /// Identifies the assertion among all assertions: its purpose, its issuer and its `jti`.
        package let id: SHA256Digest
        /// Until when the identifier must be stored: a little longer than the assertion is valid.
        package let expiry: Timestamp
    }

    /// The longest assertion, in bytes.
    package static let byteCountMax = 16_384

    /// Parses an assertion.
    ///
    /// - Parameters:
    ///   - text: The compact JWT.
    ///   - types: The accepted values of `typ` in their short lower-case form; `nil` means that it is absent (D-36).
    /// - Throws: ``JOSEError`` for input that is not a signed JWT of one of these types (D-31…D-34).
    package init(parsing text: String, types: Set<String?>) throws(JOSEError) {
        jws = try CompactJWS(parsing: text, maximumBytes: Self.byteCountMax)
        guard types.contains(jws.header.mediaType) else { throw .wrongType }
        claims = try JSONWebToken.unverifiedClaims(of: jws)
        registered = try RegisteredClaims(claims)
    }

    /// The `typ` of a compact JWT in its short lower-case form, without any other check.
    ///
    /// - Throws: ``JOSEError`` for input that is not a signed JWT.
    package static func mediaType(of text: String) throws(JOSEError) -> String? {
        try CompactJWS(parsing: text, maximumBytes: byteCountMax).header.mediaType
    }

    /// Whether the signature might be valid with the keys after another fetch.
    package func isWorthAsking(after error: JOSEError) -> Bool {
        error == .unknownKey || (error == .invalidSignature && jws.header.keyID == nil)
    }

    /// Whether it has a claim that only an ID token has: an ID token is for its client, and no access token (D-36).
    package var isIDToken: Bool {
        ["nonce", "at_hash", "c_hash"].contains { claims[$0] != nil }
    }

    /// Checks everything except single use.
    ///
    /// Cheap checks come before the signature.
    ///
    /// - Parameters:
    ///   - rules: What the assertion must say.
    ///   - keys: The issuer's registered keys; keys in the assertion are ignored (D-32).
    ///   - now: The current time.
    /// - Returns: What must be consumed before a single-use assertion has an effect.
    /// - Throws: ``JOSEError`` for the first rule that was broken.
    package func verify(
        _ rules: AssertionRules,
        keys: JSONWebKeySet,
        now: Timestamp
    ) throws(JOSEError) -> SingleUse {
        try check(rules, now: now)
        let use = SingleUse(
            id: try useID(rules),
            // A clock that is set back a little must not make a used assertion new.
            expiry: try expiry() + .seconds(AssertionRules.clockSkewSeconds)
        )
        try jws.verify(with: keys, algorithms: Set(AssertionRules.algorithms), onlyOne: rules.requiresSoleKey)
        return use
    }

    /// Checks the claims, before any key is needed.
    ///
    /// - Throws: ``JOSEError`` for the first rule that was broken.
    package func check(_ rules: AssertionRules, now: Timestamp) throws(JOSEError) {
        guard let issuer = registered.issuer else { throw .missingClaim("iss") }
        guard issuer.hasSameBytes(as: rules.issuer) else { throw .wrongIssuer }
        try checkSubject()
        // CA-3, D-41: `aud` must name us.
        guard
            registered.audience.contains(where: { value in rules.audiences.contains(where: value.hasSameBytes(as:)) }),
            !rules.requiresSoleAudience || registered.audience.count == 1
        else { throw .invalidClaim("aud") }
        try checkDates(rules, now: now)
        if rules.requiresTokenID, registered.tokenID == nil { throw .missingClaim("jti") }
        if let tokenID = registered.tokenID {
            guard 1...AssertionRules.identifierByteCountMax ~= tokenID.utf8.count else { throw .invalidClaim("jti") }
        }
    }

    private func checkSubject() throws(JOSEError) {
        guard let subject = registered.subject else { throw .missingClaim("sub") }
        // A client's id is bounded by its own rule, and it may be a long URL.
        guard 1...ClientAuthenticationRequest.clientIDByteCountMax ~= subject.utf8.count else {
            throw .invalidClaim("sub")
        }
    }

    private func checkDates(_ rules: AssertionRules, now: Timestamp) throws(JOSEError) {
        let skew = Int64(AssertionRules.clockSkewSeconds)
        try registered.checkDates(now: now, clockSkewSeconds: AssertionRules.clockSkewSeconds, expirySkewSeconds: 0)
        let expiry = try expiry().secondsSinceEpoch
        guard expiry <= now.secondsSinceEpoch + rules.lifetimeSecondsMax + skew else { throw .invalidClaim("exp") }
        guard let issuedAt = registered.issuedAt else {
            guard !rules.requiresIssueTime else { throw .missingClaim("iat") }
            return
        }
        guard !rules.requiresIssueTime || expiry - issuedAt.secondsSinceEpoch <= rules.lifetimeSecondsMax + skew else {
            throw .invalidClaim("exp")
        }
    }

    private func expiry() throws(JOSEError) -> Timestamp {
        guard let expiry = registered.expiresAt else { throw .missingClaim("exp") }
        return expiry
    }

    // Without `jti` the signed bytes identify the assertion; never the whole text, because an ECDSA signature can be
    // rewritten into another valid one.
    private func useID(_ rules: AssertionRules) throws(JOSEError) -> SHA256Digest {
        guard let tokenID = registered.tokenID else {
            let signed = Base64URL.encode(SHA256.hash(jws.signingInput).bytes)
            return SHA256.hash("\(rules.purpose) without jti\0\(rules.issuer)\0\(signed)")
        }
        return SHA256.hash("\(rules.purpose)\0\(rules.issuer)\0\(tokenID)")
    }
}
