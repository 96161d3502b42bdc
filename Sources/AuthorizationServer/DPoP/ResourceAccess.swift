import Foundations
import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6750 §2.1 and RFC 9449 §7: the access token of a request to a resource, with its proof if it is bound to a key.
///
/// One place for every endpoint that a token's holder calls, so that none can accept a bound token without its proof.
struct ResourceAccess: Sendable {
    let verification: AccessTokenVerification
    let proofs: ProofVerification
    let replay: any ReplayStore
    let issuer: Issuer
    let metrics: ServerMetrics
    let audit: AuditTrail

    /// What a token gives access to.
    struct Granted: Sendable {
        /// The token and its session.
        let live: AccessTokenVerification.LiveToken
        /// The nonce that the answer brings.
        let nonce: String?
    }

    /// Why there is no access.
    enum Refusal: Error {
        /// The request has no token, or none that can be read.
        case absent
        /// The token is not valid here.
        case token(AccessTokenVerification.Refusal, withProof: Bool)
        /// The proof beside the token is missing, wrong or used.
        case proof(OAuthError)
    }

    /// The live token of a request to one of our own endpoints.
    func granted(
        _ request: Request,
        audiences: ResourceAudiences?,
        _ context: RequestContext
    ) async throws(Refusal) -> Granted {
        // The path has the issuer's own, if it has one; the address that clients use has the issuer's origin.
        let use = Use(method: request.method.rawValue, targets: [issuer.origin + request.path])
        return try await granted(request, for: use, audiences: audiences, context)
    }

    /// The request that a token came with.
    struct Use: Sendable {
        let method: String
        /// One URI, unless the proxy leaves open where its client's path begins.
        let targets: [String]
        /// Whose further addresses are accepted too.
        var resource: AddressedResource?
    }

    /// The live token of a request.
    ///
    /// - Parameters:
    ///   - request: The request with the header fields.
    ///   - use: Where its client sent it, if a proxy asks about it; `nil` if the proxy does not say.
    ///   - audiences: The resources that the token may be for; `nil` for any.
    ///   - context: The request's time and source.
    /// - Returns: The token and its session.
    /// - Throws: ``Refusal``.
    func granted(
        _ request: Request,
        for use: Use?,
        audiences: ResourceAudiences?,
        _ context: RequestContext
    ) async throws(Refusal) -> Granted {
        guard let credential = AccessCredential(request) else { throw .absent }
        guard credential.isBound else {
            // A proof beside a bearer token proves nothing about it.
            let live = try await live(credential, .possession(of: nil), audiences, context)
            return Granted(live: live, nonce: nil)
        }
        // A stranger without a token of ours must not make us verify another signature.
        do { _ = try await verification.verified(credential.token, now: context.now) } catch {
            throw .token(error, withProof: true)
        }
        let proof = try await proof(request, credential.token, use, context)
        let live = try await live(credential, .bound(to: proof.key), audiences, context)
        try await consume(proof, live.token.claims, context)
        return Granted(live: live, nonce: proofs.nextNonce(after: proof, context.now))
    }

    private func live(
        _ credential: AccessCredential,
        _ presentation: AccessTokenVerification.Presentation,
        _ audiences: ResourceAudiences?,
        _ context: RequestContext
    ) async throws(Refusal) -> AccessTokenVerification.LiveToken {
        do {
            return try await verification.live(
                credential.token,
                audiences: audiences,
                presented: presentation,
                now: context.now
            )
        } catch {
            if error == .withoutProof { metrics.proof(result: "missing") }
            throw .token(error, withProof: credential.isBound)
        }
    }

    private func proof(
        _ request: Request,
        _ token: String,
        _ use: Use?,
        _ context: RequestContext
    ) async throws(Refusal) -> VerifiedProof {
        guard let use else {
            throw .proof(OAuthError(.invalidDPoPProof, "the proxy does not say which request the DPoP proof is for"))
        }
        let proof: VerifiedProof?
        do throws(OAuthError) {
            proof = try await proofs.proof(
                of: request,
                for: DPoPUse(method: use.method, targets: use.targets, at: use.resource, accessToken: token),
                from: .tokenHolder,
                context
            )
        } catch {
            throw .proof(error)
        }
        guard let proof else { throw .proof(OAuthError(.invalidDPoPProof, "the DPoP proof is missing")) }
        return proof
    }

    // RFC 9449 §11.1: durable, because the request that a replay repeats may do anything, also right after a restart,
    // and on another node. Of one user only, whose share of the table bounds what it can fill.
    private func consume(
        _ proof: VerifiedProof,
        _ claims: AccessTokenClaims,
        _ context: RequestContext
    ) async throws(Refusal) {
        let owner = AssertionOwner(id: SHA256.hash("dpop proofs\n\(claims.subject)"), isSelfRegistered: true)
        let outcome: AssertionConsumption
        do throws(OAuthError) {
            outcome = try await OAuthError.attempt(
                await replay.consume(proof.use.id, of: owner, expiry: proof.use.expiry, now: context.now).outcome
            )
        } catch {
            throw .proof(error)
        }
        switch outcome {
        case .consumed: return
        case .replayed:
            metrics.proof(result: "replayed")
            audit.record(.proofReplayed(proof.key, clientID: claims.clientID), context: context)
            throw .proof(OAuthError(.invalidDPoPProof, "the DPoP proof has already been used"))
        case .full: throw .proof(.overloaded)
        }
    }

    /// Turns a refusal into an answer with its challenge (RFC 6750 §3, RFC 9449 §7.1).
    ///
    /// - Parameters:
    ///   - refusal: Why there is no access.
    ///   - context: The request's time.
    /// - Returns: The answer.
    func answer(_ refusal: Refusal, _ context: RequestContext) -> Response {
        let challenge = AccessChallenge(refusal)
        guard challenge.isClientsFault else { return .error(challenge.error) }
        var response = Response.json(challenge.error.json.serialized(), status: .unauthorized)
        response.headerFields[.wwwAuthenticate] = challenge.text([])
        return response.bringing(nonce: proofs.nextNonce(after: nil, or: challenge.error, context.now))
    }
}

/// RFC 6750 §2.1 and RFC 9449 §7.1: the token of an Authorization header; never of the query or the body.
struct AccessCredential: Sendable, Redacted {
    /// The token.
    let token: String
    /// Whether it is presented as bound to a key, with the scheme `DPoP`.
    let isBound: Bool

    /// `nil` when there is no token, more than one header, or another scheme.
    init?(_ request: Request) {
        let headers = request.values(of: .authorization)
        guard headers.count == 1 else { return nil }
        let parts = headers[0].split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": isBound = false
        case "dpop": isBound = true
        default: return nil
        }
        token = String(parts[1])
    }
}
