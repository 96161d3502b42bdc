import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// Which session a delegated token comes from, in a form that only this server reads.
///
/// A resource without an upstream of the session does not get the session's handle. The claim tells this server
/// nevertheless when the session has ended: introspection, forward authentication and a further delegation refuse the
/// token then. It is sealed anew for each token, so that two services cannot recognize a session by it.
package struct SessionOrigins: Sendable {
    private let sealing: TextSealing
    private static let purpose = "gatehouse delegated session 1"

    /// The claim.
    static let claimName = "sealed_tsid"

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
    }

    /// The claim's value for a session.
    ///
    /// - Throws: `server_error` when it cannot be sealed.
    func claim(of id: SessionID) throws(OAuthError) -> JSONValue {
        var writer = BinaryWriter(reserving: 16)
        writer.write(id)
        do { return .string(try sealing.seal(writer.bytes, for: Self.purpose)) } catch {
            throw OAuthError(.serverError, "the token could not be issued")
        }
    }

    /// What the claims say about the origin.
    enum Origin {
        /// The token was not delegated from a session of ours.
        case none
        /// It was delegated from this session.
        case session(SessionID)
        /// The claim is not one of ours: the token is refused.
        case unreadable
    }

    /// The origin of a token with these claims.
    func origin(_ claims: AccessTokenClaims) -> Origin {
        guard let value = claims.additionalClaims[Self.claimName] else { return .none }
        let id = value.stringValue.flatMap { text in
            sealing.open(text, for: Self.purpose) { (reader) throws(RecordError) -> SessionID in
                try reader.identifier()
            }
        }
        return id.map(Origin.session) ?? .unreadable
    }
}
