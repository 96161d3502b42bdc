import OAuthProtocol
import OAuthState
import ServerConfiguration

/// RFC 7523 §2.1: tokens for a workload that its platform vouches for: a cluster's service account, a CI job, a cloud
/// identity (JB-9).
///
/// The workload needs no registration: the assertion is its credential. Its `sub` is the issuer and the subject, joined
/// by `#`, which no user and no client can have.
struct WorkloadAssertionGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .jwtBearer,
        name: "workload_assertion",
        summary: "Issues a token to a workload that a trusted platform vouches for (RFC 7523 §2.1).",
        parameters: ["assertion", "resource", "scope"],
        client: .optional
    )

    private let resources: ResourceCatalogue
    private let issuers: TrustedIssuers
    private let accessTokens: AccessTokenIssuer
    private let lifetimeMax: Duration
    private let blocks: (any BlockStore)?
    private let audit: AuditTrail

    static func isOffered(_ configuration: Configuration) -> Bool {
        configuration.trustedIssuers.contains { !$0.workloads.isEmpty }
    }

    init(_ ground: GrantGround) {
        resources = ground.resources
        issuers = ground.trustedIssuers
        accessTokens = ground.responses.accessTokens
        lifetimeMax = ground.configuration.tokens.accessTokenLifetime
        blocks = ground.stores.administration?.blocks
        audit = ground.audit
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        var isVerified = false
        do throws(OAuthError) {
            return try await answer(request, &isVerified)
        } catch {
            // Of what a stranger sends, the limit of guesses records a sample: the trail must not fill with the rest.
            if isVerified || request.sender != nil {
                audit.record(.assertionRefused(clientID: request.sender?.id, error: error), context: request.context)
            }
            throw error
        }
    }

    private func answer(_ request: TokenRequest, _ isVerified: inout Bool) async throws(OAuthError) -> [UInt8] {
        let context = request.context
        let text = try request.form.required("assertion")
        let (assertion, trusted, use) = try await issuers.verifiedWorkload(text, context)
        isVerified = true
        guard let workload = trusted.settings.workloads.first(where: { $0.accepts(assertion.claims) }),
            let subject = assertion.registered.subject, !assertion.isIDToken
        else { throw OAuthError(.invalidGrant, "the assertion is of no workload that is configured here") }
        guard !request.form.values("resource").isEmpty else {
            throw OAuthError(.invalidRequest, "resource is required")
        }
        let target = try resources.resource(requested: request.form.values("resource"))
        if let blocks, try await OAuthError.attempt(await blocks.isBlocked(.client(workload.client))) {
            throw OAuthError(.invalidGrant, "this workload is blocked here")
        }
        guard workload.resources.contains(target.uri) else {
            throw OAuthError(.invalidTarget, "this workload must not get tokens for that resource")
        }
        var content = AccessTokenContent(
            subject: trusted.subject(subject),
            clientID: workload.client,
            audience: target.uri,
            scopes: try Self.scopes(try request.scopes(), workload.scopes, target)
        )
        content.boundKey = request.key
        let issued = try await issuers.consuming(use, of: trusted, now: context.now) {
            [content] () async throws(OAuthError) in
            try await SigningTurn.run { () throws(OAuthError) in
                try accessTokens.issue(content, lifetime: lifetimeMax, now: context.now)
            }
        }
        audit.record(.issuedToWorkload(content, tokenID: issued.tokenID), context: context)
        var response = TokenResponse(accessToken: issued.token, lifetime: issued.lifetime, scopes: content.scopes)
        response.isBound = request.key != nil
        return response.body
    }

    private static func scopes(
        _ requested: ScopeSet?,
        _ allowed: ScopeSet,
        _ target: ProtectedResource
    ) throws(OAuthError) -> ScopeSet {
        let grantable = allowed.filter { target.scopes.contains($0) && !ScopeSet.identityScopes.contains($0) }
        guard let requested else { return grantable }
        guard requested.tokens.allSatisfy(grantable.contains) else {
            throw OAuthError(.invalidScope, "scope exceeds what this workload may have")
        }
        return requested
    }
}
