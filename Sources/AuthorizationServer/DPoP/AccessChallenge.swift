import OAuthProtocol

/// RFC 6750 §3 and RFC 9449 §7.1: the challenge to a client whose token was not accepted.
struct AccessChallenge: Sendable {
    /// The error of the body.
    let error: OAuthError
    /// Whether the challenge has no error attribute, because the request had no token at all.
    private let isBare: Bool
    /// Whether the client used the scheme `DPoP`.
    private let usedProof: Bool
    /// Whether another token or proof can help.
    let isClientsFault: Bool

    /// The challenge for a refusal.
    init(_ refusal: ResourceAccess.Refusal) {
        switch refusal {
        case .absent:
            self.init(OAuthError(.invalidToken, "an access token is required"), isBare: true, usedProof: false)
        case .proof(let error):
            self.init(error, isBare: false, usedProof: true)
        case .token(let reason, let withProof):
            self.init(Self.error(reason), isBare: false, usedProof: withProof)
        }
    }

    /// The challenge for an error.
    init(_ error: OAuthError, isBare: Bool, usedProof: Bool) {
        self.error = error
        self.isBare = isBare
        self.usedProof = usedProof
        isClientsFault = [.invalidToken, .invalidDPoPProof, .useDPoPNonce, .insufficientScope].contains(error.code)
    }

    /// The value of `WWW-Authenticate`.
    ///
    /// RS-1: the challenge for bearer tokens comes first, because SDKs read no other; a client that sends proofs gets
    /// the one that concerns it.
    func text(_ parameters: [String], namesProofs: Bool = false) -> String {
        var members = parameters
        if !isBare {
            members.insert("error=\"\(error.code.wireValue)\"", at: 0)
            if usedProof { members.insert("error_description=\"\(error.description)\"", at: 1) }
        }
        if usedProof {
            return "DPoP " + (members + [ProofVerification.algorithms]).joined(separator: ", ")
        }
        let bearer = members.isEmpty ? "Bearer" : "Bearer " + members.joined(separator: ", ")
        return namesProofs ? bearer + ", DPoP " + ProofVerification.algorithms : bearer
    }

    // A signature cannot be guessed: a foreign token is a mistake, not an attempt to guess ours.
    private static func error(_ reason: AccessTokenVerification.Refusal) -> OAuthError {
        switch reason {
        case .notOurs: OAuthError(.invalidToken, "the access token was not issued by this server")
        case .withoutProof: OAuthError(.invalidToken, "the access token is bound to a key and needs its DPoP proof")
        case .wrongAudience: OAuthError(.invalidToken, "the access token is invalid for this resource")
        case .expired, .revoked, .withoutUser:
            OAuthError(.invalidToken, "the access token has expired or was revoked")
        case .unavailable: .overloaded
        }
    }
}
