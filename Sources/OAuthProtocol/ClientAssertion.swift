package import OpenSSLCrypto

/// RFC 7523 §2.2 and §3: a JWT by which a client proves that it holds its private key (`private_key_jwt`).
///
/// Reading and verifying are separate steps: ``init(parsing:)`` returns which client the assertion claims to be from,
/// so that its keys can be found, and ``verify(clientID:audiences:keys:isStranger:now:)`` checks the claim.
package struct ClientAssertion: Sendable {
    /// The claimed client; not trustworthy before ``verify(clientID:audiences:keys:isStranger:now:)``.
    package let clientID: String
    private let assertion: SignedAssertion

    /// What remains to be done for a verified assertion: its `jti` has to be consumed.
    package typealias SingleUse = SignedAssertion.SingleUse

    /// The accepted algorithms, in the order in which they are advertised (CA-5).
    package static let algorithms = AssertionRules.algorithms
    /// How far ahead `exp` may be, in seconds (CA-2); this bounds how long a `jti` is kept.
    package static let lifetimeSecondsMax: Int64 = 600
    /// CA-4: `typ` is absent, `JWT`, or the one of RFC 7523bis.
    ///
    /// Every other kind of token that the client's key may have signed, such as an access token or a proof, is refused
    /// (D-36).
    private static let types: Set<String?> = [nil, "jwt", "client-authentication+jwt"]

    /// Parses an assertion.
    ///
    /// - Throws: ``JOSEError`` for input that is not a signed JWT with a `sub`, or has another type (D-31…D-34).
    package init(parsing text: String) throws(JOSEError) {
        assertion = try SignedAssertion(parsing: text, types: Self.types)
        guard let subject = assertion.registered.subject else { throw .missingClaim("sub") }
        clientID = subject
    }

    /// Whether the signature might be valid with the keys after another fetch.
    package func isWorthAsking(after error: JOSEError) -> Bool { assertion.isWorthAsking(after: error) }

    /// Checks everything except single use.
    ///
    /// - Parameters:
    ///   - clientID: The client whose keys are given.
    ///   - audiences: The accepted values of `aud`: the issuer, and the alternatives for this client (CA-3).
    ///   - keys: The client's registered keys; keys in the assertion are ignored (D-32).
    ///   - isStranger: Whether the client registered itself: then several keys that fit are not tried in turn.
    ///   - now: The current time.
    /// - Returns: What must be consumed before the client is authenticated.
    /// - Throws: ``JOSEError`` for the first rule that was broken.
    package func verify(
        clientID: String,
        audiences: [String],
        keys: JSONWebKeySet,
        isStranger: Bool = false,
        now: Timestamp
    ) throws(JOSEError) -> SingleUse {
        // CA-2: a client speaks only for itself.
        guard self.clientID.hasSameBytes(as: clientID) else { throw .invalidClaim("sub") }
        return try assertion.verify(rules(clientID, audiences, isStranger), keys: keys, now: now)
    }

    // CA-2, CA-3: issued by the client, for us alone, once.
    private func rules(_ clientID: String, _ audiences: [String], _ isStranger: Bool) -> AssertionRules {
        var rules = AssertionRules(
            purpose: "client assertion",
            issuer: clientID,
            audiences: audiences,
            lifetimeSecondsMax: Self.lifetimeSecondsMax
        )
        rules.requiresIssueTime = false
        rules.requiresSoleKey = isStranger
        return rules
    }
}
