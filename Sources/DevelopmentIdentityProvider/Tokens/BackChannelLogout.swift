package import OAuthProtocol

/// OpenID Connect Back-Channel Logout 1.0 §2.4: a logout token, and the ways in which it may be wrong.
package struct BackChannelLogout: Sendable, Hashable {
    /// The ways in which a logout token may be wrong.
    package enum Defect: Sendable, Hashable {
        /// This claim has this value; `nil` removes it.
        case claim(String, JSONValue?)
        /// The header's `typ`.
        case type(String)
        /// The wrong way in which it is signed.
        case forgery(Fault.Forgery)

        /// §2.4: a nonce is forbidden, so that no ID token is accepted as a logout token.
        package static var nonce: Defect { .claim("nonce", "n-0S6_WzA2Mj") }
        /// `events` without the logout event.
        package static var wrongEvents: Defect { .claim("events", ["http://schemas.example.com/other": [:]]) }
        /// No `events`.
        package static var missingEvents: Defect { .claim("events", nil) }
        /// No `jti`.
        package static var missingTokenID: Defect { .claim("jti", nil) }
        /// For another client.
        package static var wrongAudience: Defect { .claim("aud", "another-client") }
        /// By another issuer.
        package static var wrongIssuer: Defect { .claim("iss", "https://other.example.com") }
        /// Expired long ago.
        package static var expired: Defect { .claim("exp", 1_000_000_000) }
    }

    /// The `events` member that makes a token a logout token.
    package static let event = "http://schemas.openid.net/event/backchannel-logout"

    /// The client that is notified.
    package var clientID: String
    /// The user who is signed out; subject, session or both must be present.
    package var subject: String?
    /// The session that ends.
    package var sessionID: String?
    /// The ways in which it is wrong.
    package var defects: [Defect]

    /// Describes a logout.
    package init(clientID: String, subject: String? = nil, sessionID: String? = nil, defects: [Defect] = []) {
        self.clientID = clientID
        self.subject = subject
        self.sessionID = sessionID
        self.defects = defects
    }

    func claims(issuer: String, tokenID: String, now: Timestamp) -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(issuer),
            "aud": .string(clientID),
            "iat": .integer(Int(now.secondsSinceEpoch)),
            "exp": .integer(Int(now.secondsSinceEpoch) + 120),
            "jti": .string(tokenID),
            "events": .object([BackChannelLogout.event: [:]]),
        ]
        claims["sub"] = subject.map(JSONValue.string)
        claims["sid"] = sessionID.map(JSONValue.string)
        for case .claim(let name, let value) in defects { claims[name] = value }
        return claims
    }

    /// The header's `typ` (§2.4 recommends `logout+jwt`).
    var type: String {
        defects.lazy.compactMap { if case .type(let type) = $0 { type } else { nil } }.first ?? "logout+jwt"
    }

    /// The wrong way in which it is signed; `nil` for a correct signature.
    var forgery: Fault.Forgery? {
        defects.lazy.compactMap { if case .forgery(let forgery) = $0 { forgery } else { nil } }.first
    }
}
