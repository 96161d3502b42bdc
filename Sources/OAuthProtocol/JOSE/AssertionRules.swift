package import OpenSSLCrypto

/// RFC 7521 §5.2 and RFC 7523 §3: what an assertion of one purpose from one issuer must say.
package struct AssertionRules: Sendable {
    /// The purpose, which separates the identifiers of single-use assertions of different purposes.
    package let purpose: String
    /// The value of `iss`, byte for byte.
    package let issuer: String
    /// The accepted values of `aud`.
    package let audiences: [String]
    /// Whether `aud` must have one value only: a recipient could pass on an assertion that also names another server
    /// (audience injection; RFC 7523bis).
    package var requiresSoleAudience = true
    /// The longest time from `iat` to `exp`, and from now to `exp`, in seconds; it bounds how long a `jti` is kept.
    package var lifetimeSecondsMax: Int64
    /// Whether `iat` is required.
    package var requiresIssueTime = true
    /// Whether `jti` is required; without it the signed bytes identify the assertion.
    package var requiresTokenID = true
    /// Whether several keys that fit are refused, instead of tried in turn: for keys of clients that registered
    /// themselves.
    package var requiresSoleKey = false

    /// RFC 8725 §3.1: the accepted algorithms, chosen by us: never `none`, never a shared secret (CA-5, D-30).
    package static let algorithms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .edDSA]
    /// The accepted difference of the issuer's clock for `iat` and `nbf`, in seconds; `exp` has none.
    package static let clockSkewSeconds = 60
    /// The longest `jti` and `sub`, in bytes.
    package static let identifierByteCountMax = 256

    /// Rules for assertions that one issuer makes for one purpose.
    package init(purpose: String, issuer: String, audiences: [String], lifetimeSecondsMax: Int64) {
        self.purpose = purpose
        self.issuer = issuer
        self.audiences = audiences
        self.lifetimeSecondsMax = lifetimeSecondsMax
    }
}
