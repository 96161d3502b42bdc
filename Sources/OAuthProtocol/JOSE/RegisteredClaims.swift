/// RFC 7519 §4.1: the registered claims of a token, read with exact types.
package struct RegisteredClaims: Sendable, Hashable {
    /// `iss`.
    package let issuer: String?
    /// `sub`.
    package let subject: String?
    /// `aud`, written as a string or as an array of strings; empty if it is absent.
    package let audience: [String]
    /// `exp`.
    package let expiresAt: Timestamp?
    /// `nbf`.
    package let notBefore: Timestamp?
    /// `iat`.
    package let issuedAt: Timestamp?
    /// `jti`.
    package let tokenID: String?

    /// Reads the claims that are present.
    ///
    /// - Throws: ``JOSEError/invalidClaim(_:)`` for one of a wrong type: a number instead of a string, a date that is a
    ///   float, a string, negative or huge (D-38), an audience with anything but strings.
    package init(_ claims: JSONObject) throws(JOSEError) {
        try self.init(claims, fractions: .refused)
    }

    /// Reads the claims of a provider's token, whose dates may have fractions of a second, which are rounded down.
    ///
    /// - Throws: As ``init(_:)``.
    package init(ofProvider claims: JSONObject) throws(JOSEError) {
        try self.init(claims, fractions: .roundedDown)
    }

    private init(_ claims: JSONObject, fractions: NumericDate.Fractions) throws(JOSEError) {
        issuer = try RegisteredClaims.text("iss", of: claims)
        subject = try RegisteredClaims.text("sub", of: claims)
        audience = try RegisteredClaims.audience(of: claims)
        expiresAt = try RegisteredClaims.date("exp", of: claims, fractions)
        notBefore = try RegisteredClaims.date("nbf", of: claims, fractions)
        issuedAt = try RegisteredClaims.date("iat", of: claims, fractions)
        tokenID = try RegisteredClaims.text("jti", of: claims)
    }

    /// Checks the dates against a clock: `exp` must be present and in the future, `nbf` and `iat` must not be in the
    /// future.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - clockSkewSeconds: The accepted difference of the issuer's clock.
    ///   - expirySkewSeconds: The accepted difference for `exp`, if it is another one.
    /// - Throws: ``JOSEError/missingClaim(_:)``, ``JOSEError/expired`` or ``JOSEError/notYetValid``.
    package func checkDates(
        now: Timestamp,
        clockSkewSeconds: Int,
        expirySkewSeconds: Int? = nil
    ) throws(JOSEError) {
        let now = now.secondsSinceEpoch
        let skew = Int64(clockSkewSeconds)
        guard let expiresAt else { throw .missingClaim("exp") }
        // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
        guard now - Int64(expirySkewSeconds ?? clockSkewSeconds) < expiresAt.secondsSinceEpoch else { throw .expired }
        for start in [notBefore, issuedAt] {
            guard let start else { continue }
            guard start.secondsSinceEpoch <= now + skew else { throw .notYetValid }
        }
    }

    private static func text(_ name: String, of claims: JSONObject) throws(JOSEError) -> String? {
        guard let value = claims[name] else { return nil }
        guard let text = value.stringValue else { throw .invalidClaim(name) }
        return text
    }

    private static func date(
        _ name: String,
        of claims: JSONObject,
        _ fractions: NumericDate.Fractions
    ) throws(JOSEError) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard let date = NumericDate.timestamp(value, fractions: fractions) else { throw .invalidClaim(name) }
        return date
    }

    private static func audience(of claims: JSONObject) throws(JOSEError) -> [String] {
        guard let value = claims["aud"] else { return [] }
        if let single = value.stringValue { return [single] }
        guard let several = value.stringArrayValue else { throw .invalidClaim("aud") }
        return several
    }
}
