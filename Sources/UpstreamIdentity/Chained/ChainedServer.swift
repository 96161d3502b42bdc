import Foundations
import OAuthProtocol

/// How tokens follow from a user's login at another upstream, so that the user is not asked again.
package struct ChainedServer: Hashable, Sendable {
    /// The upstream where users log in.
    package var source: String
    /// What its tokens are exchanged for.
    package var exchange: Exchange

    /// The ways from that upstream's tokens to others.
    package enum Exchange: Hashable, Sendable {
        /// An identity assertion for a foreign authorization server, which redeems it.
        case identityAssertion(ForeignServer)
        /// RFC 8693: a token of the same provider for another audience.
        case tokenExchange(ExchangeTarget)
        /// Microsoft Entra: a token of the same provider for another API, by the on-behalf-of flow.
        case onBehalfOf
    }

    /// A way from an upstream's tokens.
    package init(source: String, exchange: Exchange) {
        self.source = source
        self.exchange = exchange
    }

    /// The way by an identity assertion.
    package init(source: String, issuer: String, resource: String) {
        self.init(source: source, exchange: .identityAssertion(ForeignServer(issuer: issuer, resource: resource)))
    }

    /// The foreign authorization server; `nil` where the identity provider itself issues the tokens.
    package var foreign: ForeignServer? {
        if case .identityAssertion(let server) = exchange { server } else { nil }
    }

    /// Which token of the login is exchanged.
    package var subject: SubjectTokenKind {
        switch exchange {
        case .identityAssertion: .idToken
        case .tokenExchange(let target): target.subject
        case .onBehalfOf: .accessToken
        }
    }
}

/// A foreign authorization server that accepts the identity assertions (ID-JAG) of an identity provider.
///
/// draft-ietf-oauth-identity-assertion-authz-grant; MCP extension Enterprise-Managed Authorization.
package struct ForeignServer: Hashable, Sendable {
    /// Its issuer: the `aud` of the assertions.
    package var issuer: String
    /// RFC 8707: the resource there that the tokens are for.
    package var resource: String

    /// A foreign authorization server, and what its tokens are for.
    package init(issuer: String, resource: String) {
        self.issuer = issuer
        self.resource = resource
    }
}

/// RFC 8693 §2.1: what a token of the same provider is asked for.
package struct ExchangeTarget: Hashable, Sendable {
    /// The `audience`; `nil` sends none.
    package var audience: String?
    /// The `resource`; `nil` sends none.
    package var resource: String?
    /// Which token of the login is presented.
    package var subject: SubjectTokenKind

    /// A target, by either name or both.
    package init(audience: String? = nil, resource: String? = nil, subject: SubjectTokenKind = .accessToken) {
        self.audience = audience
        self.resource = resource
        self.subject = subject
    }
}

/// The tokens of a login that an exchange can present.
package enum SubjectTokenKind: String, CaseIterable, Hashable, Sendable {
    case accessToken = "access_token"
    case idToken = "id_token"

    /// RFC 8693 §3.
    var type: String { "urn:ietf:params:oauth:token-type:" + rawValue }
}

/// An identity assertion on its way from the identity provider to the foreign authorization server.
package struct IdentityAssertion: Sendable, Redacted {
    let text: String

    /// RFC 8693 §3: its type at the identity provider.
    static let tokenType = "urn:ietf:params:oauth:token-type:id-jag"
    /// RFC 9068 §2.1, RFC 8725 §3.11: the `typ` that keeps it apart from every other signed token.
    static let mediaType = "oauth-id-jag+jwt"

    /// Reads the answer of the identity provider (RFC 8693 §2.2.1).
    ///
    /// What is sent on must be an assertion for that very server: an access token or ID token of the user in its place
    /// would be given away to it.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` for anything else.
    init(_ answer: JSONObject, for issuer: String) throws(UpstreamError) {
        guard answer["issued_token_type"]?.stringValue == Self.tokenType,
            let text = answer["access_token"]?.stringValue
        else {
            throw UpstreamError(.invalidResponse, "the identity provider issued something else than an ID-JAG")
        }
        // What cannot be read is none.
        guard let jws = try? CompactJWS(parsing: text), jws.header.mediaType == Self.mediaType,
            let claims = try? JSONWebToken.unverifiedClaims(of: jws)
        else { throw UpstreamError(.invalidResponse, "the identity provider's ID-JAG is malformed") }
        let audiences = claims["aud"]?.stringValue.map { [$0] } ?? claims["aud"]?.stringArrayValue ?? []
        guard audiences.count == 1, audiences[0].hasSameBytes(as: issuer) else {
            throw UpstreamError(.invalidResponse, "the identity provider's ID-JAG is for another authorization server")
        }
        self.text = text
    }
}

extension UpstreamPreset {
    /// Tokens that follow from a login at another upstream.
    package static let chained: UpstreamPreset = {
        var preset = UpstreamPreset("chained", .chained)
        preset.note = "tokens that another upstream's are exchanged for: ID-JAG, RFC 8693, Entra's on-behalf-of"
        return preset
    }()
}
