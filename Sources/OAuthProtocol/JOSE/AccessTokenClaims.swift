/// RFC 9068: the claims of an access token.
package struct AccessTokenClaims: Sendable, Hashable {
    /// `iss`: our issuer.
    package var issuer: String
    /// `sub`: the user, or the client itself (JW-2).
    package var subject: String
    /// `aud`: the one resource that the token is for (RI-3).
    package var audience: String
    /// `client_id`: the client that received the token.
    package var clientID: String
    /// `scope`, separated by spaces; left out when it is empty.
    package var scope: String
    /// `jti`: the token's identifier.
    package var tokenID: String
    /// `iat`: when the token was issued.
    package var issuedAt: Timestamp
    /// `exp`: when the token expires.
    package var expiresAt: Timestamp
    /// `auth_time`: when the user logged in, if there is a user.
    package var authenticatedAt: Timestamp?
    /// `tsid`: the session whose upstream tokens may be retrieved; a handle, never a credential (JW-3).
    package var sessionID: String?
    /// RFC 8693 §4.1, `act`: the acting parties of a delegated token; `nil` for every other token.
    package var actor: JSONObject?
    /// RFC 9449 §6.1, `cnf` with `jkt`: the key that the token is bound to; `nil` for a bearer token.
    package var boundKey: KeyThumbprint?
    /// Claims mapped from a provider, such as `groups`; reserved names among them are not written.
    package var additionalClaims: JSONObject

    /// Makes the claims of a token.
    package init(
        issuer: String,
        subject: String,
        audience: String,
        clientID: String,
        scope: String,
        tokenID: String,
        issuedAt: Timestamp,
        expiresAt: Timestamp,
        authenticatedAt: Timestamp? = nil,
        sessionID: String? = nil,
        actor: JSONObject? = nil,
        boundKey: KeyThumbprint? = nil,
        additionalClaims: JSONObject = JSONObject()
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.clientID = clientID
        self.scope = scope
        self.tokenID = tokenID
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.authenticatedAt = authenticatedAt
        self.sessionID = sessionID
        self.actor = actor
        self.boundKey = boundKey
        self.additionalClaims = additionalClaims
    }

    /// The claims that a provider must never set: those of this type, those that bind or delegate a token, and the
    /// members that introspection adds to the claims (RFC 7662 §2.2).
    ///
    /// Of two members with one name, JSON parsers disagree which one counts (D-34): a mapped `active` would make a live
    /// token inactive for some resource servers.
    package static let reservedNames: Set<String> =
        Set(AccessTokenClaimName.allCases.map(\.rawValue))
        .union(["nbf", "cnf", "act", "may_act", "azp", "active", "token_type", "username"])
}

/// The claims that are properties of ``AccessTokenClaims``.
enum AccessTokenClaimName: String, CaseIterable {
    case issuer = "iss"
    case subject = "sub"
    case audience = "aud"
    case clientID = "client_id"
    case scope
    case tokenID = "jti"
    case issuedAt = "iat"
    case expiresAt = "exp"
    case authenticatedAt = "auth_time"
    case sessionID = "tsid"

    /// The claim with this name, given as bytes.
    ///
    /// Compares bytes only: a token has ten names, and making a string of each would cost more than reading the rest.
    init?(spelled bytes: Span<UInt8>) {
        if bytes.count == 3 {
            self.init(bytes[0], bytes[1], bytes[2])
            return
        }
        let candidate: AccessTokenClaimName
        switch bytes.count {
        case 4: candidate = .sessionID
        case 5: candidate = .scope
        case 9: candidate = bytes[0] == UInt8(ascii: "c") ? .clientID : .authenticatedAt
        default: return nil
        }
        var index = 0
        for byte in candidate.rawValue.utf8 {
            guard bytes[index] == byte else { return nil }
            index += 1
        }
        self = candidate
    }

    private init?(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        switch (first, second, third) {
        case (UInt8(ascii: "i"), UInt8(ascii: "s"), UInt8(ascii: "s")): self = .issuer
        case (UInt8(ascii: "s"), UInt8(ascii: "u"), UInt8(ascii: "b")): self = .subject
        case (UInt8(ascii: "a"), UInt8(ascii: "u"), UInt8(ascii: "d")): self = .audience
        case (UInt8(ascii: "j"), UInt8(ascii: "t"), UInt8(ascii: "i")): self = .tokenID
        case (UInt8(ascii: "i"), UInt8(ascii: "a"), UInt8(ascii: "t")): self = .issuedAt
        case (UInt8(ascii: "e"), UInt8(ascii: "x"), UInt8(ascii: "p")): self = .expiresAt
        default: return nil
        }
    }

    /// This claim's bit in a set of claims seen.
    var bit: UInt16 {
        switch self {
        case .issuer: 1
        case .subject: 1 << 1
        case .audience: 1 << 2
        case .clientID: 1 << 3
        case .scope: 1 << 4
        case .tokenID: 1 << 5
        case .issuedAt: 1 << 6
        case .expiresAt: 1 << 7
        case .authenticatedAt: 1 << 8
        case .sessionID: 1 << 9
        }
    }
}
