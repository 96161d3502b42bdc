import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// RFC 9449 §4.3: a proof that holds, except that it may have been used before.
struct VerifiedProof: Sendable {
    /// The key that its sender holds.
    let key: KeyThumbprint
    /// What makes it single-use.
    let use: DPoPProof.SingleUse
    /// Whether the answer should bring another nonce.
    let renewsNonce: Bool
}

/// RFC 9449 §4.3: verifies the proofs of requests.
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
final class ProofVerification: Sendable {
    private let guesses: GuessLimit
    private let metrics: ServerMetrics
    /// `nil` when no nonces are wanted.
    private let nonces: ProofNonces?

    /// Verification that wants the nonces of `nonces`, if there are any.
    init(guesses: GuessLimit, nonces: ProofNonces?, metrics: ServerMetrics) {
        self.guesses = guesses
        self.nonces = nonces
        self.metrics = metrics
    }

    /// Who sends a proof.
    enum Sender: Hashable, Sendable {
        /// Anyone: too many wrong proofs of a source, and no signature is verified.
        case stranger
        /// The holder of a valid access token of ours.
        case tokenHolder
        /// A resource server, which passes its client's proof on; the nonce, if any, is its own.
        case resourceServer
    }

    /// The proof of a request; `nil` if it has none.
    ///
    /// - Throws: `invalid_dpop_proof`, `use_dpop_nonce`, or 429 for a source that sends too many wrong ones.
    func proof(
        of request: Request,
        for use: DPoPUse,
        from sender: Sender,
        _ context: RequestContext
    ) async throws(OAuthError) -> VerifiedProof? {
        let fields = request.values(of: .dpop)
        guard let text = fields.first else { return nil }
        // RFC 9449 §4.3 #1.
        guard fields.count == 1 else { throw refusal("more than one DPoP header") }
        return try await verified(text, for: use, from: sender, context)
    }

    /// Verifies a proof.
    ///
    /// - Throws: As ``proof(of:for:from:_:)``.
    func verified(
        _ text: String,
        for use: DPoPUse,
        from sender: Sender,
        _ context: RequestContext
    ) async throws(OAuthError) -> VerifiedProof {
        let proof: DPoPProof
        let nonce: String?
        do throws(JOSEError) {
            proof = try DPoPProof(parsing: text)
            try proof.check(use, now: context.now)
            nonce = try proof.nonce()
        } catch {
            throw refusal(error.description)
        }
        let renewsNonce = try check(nonce, from: sender, context.now)
        let key = try key(of: proof, from: sender, context)
        metrics.proof(result: "accepted")
        return VerifiedProof(key: key, use: proof.singleUse(by: key), renewsNonce: renewsNonce)
    }

    private func check(_ nonce: String?, from sender: Sender, _ now: Timestamp) throws(OAuthError) -> Bool {
        guard let nonces, sender != .resourceServer else { return false }
        let standing = nonces.standing(of: nonce, now: now)
        guard standing != .refused else {
            metrics.proof(result: "nonce")
            throw OAuthError(.useDPoPNonce, "the DPoP proof needs the nonce of this answer")
        }
        return standing == .aging
    }

    // The key is read and the signature verified only within the source's allowance: both are a stranger's, and cost us
    // a thousand times what garbage costs its sender.
    private func key(
        of proof: DPoPProof,
        from sender: Sender,
        _ context: RequestContext
    ) throws(OAuthError) -> KeyThumbprint {
        let subject = GuessLimiter.Subject.proof(header: proof.headerDigest)
        if sender == .stranger { try guesses.begin(subject, context) }
        let result = Result { () throws(JOSEError) in try proof.verify() }
        var isRight = false
        if case .success = result { isRight = true }
        if sender == .stranger { guesses.end(subject, isRight: isRight, context) }
        switch result {
        case .success(let key): return key
        case .failure(let error): throw refusal(error.description)
        }
    }

    private func refusal(_ reason: String) -> OAuthError {
        metrics.proof(result: "invalid")
        return OAuthError(.invalidDPoPProof, "the DPoP proof was refused: " + reason)
    }

    // MARK: - Answers

    /// The nonce for the next proof, where an answer has to bring one.
    func nextNonce(after proof: VerifiedProof?, or error: OAuthError? = nil, _ now: Timestamp) -> String? {
        guard let nonces, proof?.renewsNonce ?? false || error?.code == .useDPoPNonce else { return nil }
        return nonces.fresh(now)
    }

    /// RFC 9449 §7.1: the parameter `algs` of a challenge.
    static let algorithms = "algs=\"" + DPoPProof.algorithms.map(\.rawValue).joined(separator: " ") + "\""
}

extension Response {
    /// The same answer with the nonce for the client's next proof.
    func bringing(nonce: String?) -> Response {
        guard let nonce else { return self }
        var response = self
        response.headerFields[.dpopNonce] = nonce
        return response
    }
}
