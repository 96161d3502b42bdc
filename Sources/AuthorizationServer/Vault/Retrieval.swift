import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// One retrieval of an upstream token, or its refusal, as the audit trail records it (VX-7).
package struct Retrieval: Sendable {
    /// Names the retrieval in the answer and in the trail.
    package let id: String
    /// The resource server that asked.
    package let clientID: String
    /// The session whose token was presented.
    package let session: Session
    /// The parties that acted for the user before, the most recent one first.
    package var actors: [String] = []
    /// The provider.
    package let upstream: String
    /// The connection that was used, if any.
    package var connection: Connection?
    /// Whether the token was refreshed for this retrieval.
    package var wasRefreshed = false
    /// `success`, or the error's code.
    package var result = "success"
    /// Why it was refused.
    package var reason: String?
    /// The first bytes of the token's hash: a leaked token can be matched to its retrieval.
    package var tokenFingerprint: String?

    var auditFields: AuditFields {
        var fields = AuditFields(capacity: AuditFields.usualByteCount)
        fields.append("vend_id", id)
        fields.append("client_id", clientID)
        fields.append("sub", session.userID)
        fields.append("tsid", session.id)
        if !actors.isEmpty { fields.append("act", .array(actors.map(JSONValue.string))) }
        fields.append("upstream", upstream)
        fields.append("refreshed", wasRefreshed)
        fields.append("result", result)
        if let connection {
            fields.append("account", connection.account)
            fields.append("scope", connection.scopes)
        }
        if let reason {
            fields.append("reason", reason)
        }
        if let tokenFingerprint {
            fields.append("token_sha256_prefix", tokenFingerprint)
        }
        return fields
    }

    /// The fingerprint of a token: the first 8 bytes of its SHA-256.
    static func fingerprint(_ token: String) -> String {
        Base64URL.encode(Array(SHA256.hash(token).bytes.prefix(8)))
    }
}
