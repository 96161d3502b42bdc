import OAuthState
import ServerConfiguration

/// RFC 9449: what examines proofs and the tokens beside them.
extension ServerParts {
    /// Verifies proofs wherever they are presented to us.
    var proofs: ProofVerification {
        ProofVerification(guesses: guesses, nonces: proofNonces, metrics: metrics)
    }

    /// Proofs where clients get tokens.
    var tokenProofs: TokenProofs {
        TokenProofs(
            verification: proofs,
            recent: recentProofs,
            issuer: configuration.issuer,
            metrics: metrics,
            audit: audit
        )
    }

    /// Access tokens where their holders present them.
    var resourceAccess: ResourceAccess {
        ResourceAccess(
            verification: verification,
            proofs: proofs,
            replay: stores.replay,
            issuer: configuration.issuer,
            metrics: metrics,
            audit: audit
        )
    }

    /// The proofs of subject tokens.
    var subjectProofs: SubjectProofs {
        SubjectProofs(verification: verification, proofs: proofs, resources: resources)
    }
}
