import OAuthProtocol

/// RFC 8693 §2.1 with RFC 9449 §7: the proof of a bound subject token, which a resource server passes on as its client
/// sent it.
///
/// The server says for which request it got the proof. It is not consumed here: the server may retrieve several
/// upstream tokens for one request, and it is the server that has to see a repeated request.
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
final class SubjectProofs: Sendable {
    private let verification: AccessTokenVerification
    private let proofs: ProofVerification
    private let resources: ResourceCatalogue

    /// The parameters of the form.
    static let parameters = ["subject_proof", "subject_proof_method", "subject_proof_url"]

    /// Proofs of tokens that `verification` knows, for requests to one of the resources.
    init(verification: AccessTokenVerification, proofs: ProofVerification, resources: ResourceCatalogue) {
        self.verification = verification
        self.proofs = proofs
        self.resources = resources
    }

    /// Which key the request proves for its subject token.
    ///
    /// - Parameters:
    ///   - form: The form.
    ///   - token: Its subject token.
    ///   - key: The key that the request proves by its own DPoP header, when a client exchanges its own token.
    ///   - context: The request's time and source.
    /// - Returns: How the token is presented.
    /// - Throws: `invalid_dpop_proof` for a proof that is not the token's, or not for this resource.
    func presentation(
        _ form: FormParameters,
        of token: String,
        requestKey key: KeyThumbprint?,
        _ context: RequestContext
    ) async throws(OAuthError) -> AccessTokenVerification.Presentation {
        guard let text = try form.once("subject_proof") else { return .possession(of: key) }
        let method = try form.required("subject_proof_method")
        let target = try form.required("subject_proof_url")
        // What is wrong with the token is reported by those who need it.
        guard let claims = try? await verification.claims(of: token, now: context.now) else {
            return .possession(of: nil)
        }
        let resource = resources.registered(claims.audience).flatMap { AddressedResource($0, in: resources) }
        guard Self.haveSameOrigin(target, claims.audience) || resource?.contains(target) ?? false else {
            throw OAuthError(.invalidDPoPProof, "subject_proof_url is not at the resource of subject_token")
        }
        let use = DPoPUse(method: method, targets: [target], at: resource, accessToken: token)
        return .possession(of: try await proofs.verified(text, for: use, from: .resourceServer, context).key)
    }

    private static func haveSameOrigin(_ first: String, _ second: String) -> Bool {
        guard let first = URIReference(first), let second = URIReference(second) else { return false }
        func port(_ uri: URIReference) -> UInt16 { uri.port ?? (uri.scheme == "https" ? 443 : 80) }
        return first.scheme == second.scheme && first.host?.lowercased() == second.host?.lowercased()
            && port(first) == port(second)
    }
}
