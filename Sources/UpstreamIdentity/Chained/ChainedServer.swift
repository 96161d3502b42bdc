import Foundations
import OAuthProtocol

/// A foreign authorization server that accepts the identity assertions (ID-JAG) of an identity provider.
///
/// draft-ietf-oauth-identity-assertion-authz-grant; MCP extension Enterprise-Managed Authorization. Its tokens follow
/// from a login at the identity provider, so that the user is not asked again.
package struct ChainedServer: Hashable, Sendable {
    /// The upstream that is the identity provider.
    package var source: String
    /// The issuer of the foreign authorization server: the `aud` of the assertions.
    package var issuer: String
    /// RFC 8707: the resource there that the tokens are for.
    package var resource: String

    /// A foreign authorization server, and what its tokens are for.
    package init(source: String, issuer: String, resource: String) {
        self.source = source
        self.issuer = issuer
        self.resource = resource
    }
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
    /// A foreign authorization server behind an identity provider.
    package static let chained: UpstreamPreset = {
        var preset = UpstreamPreset("chained", .chained)
        preset.note = "a foreign authorization server that accepts an identity provider's assertions (ID-JAG)"
        return preset
    }()
}
