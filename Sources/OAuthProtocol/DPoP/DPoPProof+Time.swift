import Foundations

/// RFC 9449 §4.3 #11 and §11.1: the proof was made now, within what clocks differ.
extension DPoPProof {
    /// How far `iat` may be from our clock, in both directions (DP-2).
    package static let window: Duration = .seconds(300)

    func checkTime(_ now: Timestamp) throws(JOSEError) {
        guard let issuedAt = registered.issuedAt else { throw .missingClaim("iat") }
        let age = now.secondsSinceEpoch - issuedAt.secondsSinceEpoch
        guard age <= Self.window.wholeSeconds else { throw .expired }
        guard -age <= Self.window.wholeSeconds else { throw .notYetValid }
        // A proof does not need them; one that has them must not be used outside of what they say.
        if let expiry = registered.expiresAt, expiry.secondsSinceEpoch <= now.secondsSinceEpoch { throw .expired }
        if let start = registered.notBefore,
            start.secondsSinceEpoch > now.secondsSinceEpoch + Self.window.wholeSeconds
        {
            throw .notYetValid
        }
    }
}
