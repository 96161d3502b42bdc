import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 9449 §5: proofs at the endpoints where clients get tokens and push requests: each is used for one success.
struct TokenProofs: Sendable {
    let verification: ProofVerification
    let recent: RecentProofs
    let issuer: Issuer
    let metrics: ServerMetrics
    let audit: AuditTrail

    /// The proof of a request to one of our paths; `nil` if it has none.
    ///
    /// - Throws: `invalid_dpop_proof`, `use_dpop_nonce`, or 429.
    func proof(
        of request: Request,
        at path: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> VerifiedProof? {
        guard !request.values(of: .dpop).isEmpty else { return nil }
        let use = DPoPUse(method: request.method.rawValue, targets: [issuer.url(path)])
        return try await verification.proof(of: request, for: use, from: .stranger, context)
    }

    /// RFC 9449 §5 and §8: a refusal with what the client needs for a better proof.
    func completed(_ response: Response, _ error: OAuthError, _ context: RequestContext) -> Response {
        guard [.invalidDPoPProof, .useDPoPNonce].contains(error.code) else { return response }
        var response = response
        response.headerFields[.wwwAuthenticate] =
            "DPoP error=\"\(error.code.wireValue)\", \(ProofVerification.algorithms)"
        return response.bringing(nonce: verification.nextNonce(after: nil, or: error, context.now))
    }

    /// Makes an answer to a request with this proof, which no other request can use then.
    ///
    /// If no answer can be made, the proof is forgotten.
    ///
    /// - Throws: `invalid_dpop_proof` for a proof that was used before, and the error of `answer`.
    func using<Answer>(
        _ proof: VerifiedProof?,
        of client: Client?,
        _ context: RequestContext,
        _ answer: () async throws(OAuthError) -> Answer
    ) async throws(OAuthError) -> Answer {
        guard let proof else {
            // RFC 9449 §5.2: the client said that its tokens are always bound.
            guard client?.requiresProof != true else {
                throw OAuthError(.invalidDPoPProof, "this client must send a DPoP proof")
            }
            return try await answer()
        }
        guard recent.claim(proof.use.id, now: context.now) else {
            metrics.proof(result: "replayed")
            audit.record(.proofReplayed(proof.key, clientID: client?.id), context: context)
            throw OAuthError(.invalidDPoPProof, "the DPoP proof has already been used")
        }
        do throws(OAuthError) { return try await answer() } catch {
            recent.release(proof.use.id)
            throw error
        }
    }
}
