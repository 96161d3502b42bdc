import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import UpstreamIdentity

/// JB-8: the users whom trusted issuers vouch for, and their sessions.
///
/// A user who also logs in interactively, through an upstream of the same issuer, is one user.
struct FederatedUsers: Sendable {
    let upstreams: UpstreamDirectory
    let vault: any VaultStore
    let sessions: any SessionStore
    /// Whom the operator has blocked; `nil` without an administration.
    let blocks: (any BlockStore)?
    let random: any RandomSource
    /// How long the sessions live; there is no refresh token, so each lives as long as its access token.
    let lifetime: Duration

    /// The account that an assertion is about: issuer, tenant if there is one, and subject; never an address (D-63).
    ///
    /// - Throws: `invalid_grant` when the tenant or the subject is missing or unusable; `temporarily_unavailable` when
    ///   only an upstream's document tells whether the issuer is its own, and it cannot be fetched.
    func identity(
        _ assertion: SignedAssertion,
        _ trusted: TrustedIssuer,
        tenantClaim: String?
    ) async throws(OAuthError) -> IdentityKey {
        let issuer = trusted.settings.issuer
        let provider = try await provider(of: assertion, trusted)
        do throws(UpstreamError) {
            let subject: String
            if let tenantClaim {
                subject = try IdentityPaths(tenant: [tenantClaim]).accountSubject(in: assertion.claims)
            } else if let provider {
                subject = try provider.accountSubject(in: assertion.claims)
            } else {
                subject = try IdentityPaths().accountSubject(in: assertion.claims)
            }
            return IdentityKey(namespace: provider?.identityNamespace ?? issuer, subject: subject)
        } catch {
            throw OAuthError(.invalidGrant, "the assertion has no usable sub, or no usable tenant")
        }
    }

    /// The upstream whose accounts the issuer's assertions are about; `nil` for an issuer at which nobody logs in here.
    ///
    /// - Throws: `temporarily_unavailable` when only an upstream's document tells, and it cannot be fetched.
    func provider(
        of assertion: SignedAssertion,
        _ trusted: TrustedIssuer
    ) async throws(OAuthError) -> UpstreamProvider? {
        do {
            return try await upstreams.provider(ofIssuer: trusted.settings.issuer, claims: assertion.claims)
        } catch {
            throw OAuthError(.temporarilyUnavailable, "an identity provider is not available")
        }
    }

    /// Begins a session of the account's user, who is created at the first assertion.
    ///
    /// - Returns: The session, which is durable.
    /// - Throws: `invalid_grant` for a user whom the operator has blocked; `temporarily_unavailable` at a bound or when
    ///   the journal cannot be written.
    func begin(
        _ identity: IdentityKey,
        for clientID: String,
        resource: String,
        scopes: ScopeSet,
        authenticatedAt: Timestamp?,
        _ context: RequestContext
    ) async throws(OAuthError) -> Session {
        let login = UserLogin(identity: identity, name: nil, verifiedEmail: nil)
        let now = context.now
        return try await answering(
            await vault.resolveUser(login, candidate: UserID(random: random), now: now)
        ) { (userID) throws(OAuthError) in
            guard let userID else { throw .overloaded }
            if let blocks, try await OAuthError.attempt(await blocks.isBlocked(.user(userID))) {
                throw OAuthError(.invalidGrant, "this account is blocked here")
            }
            let session = Session(
                id: SessionID(random: random),
                userID: userID,
                clientID: clientID,
                scopes: scopes,
                resource: resource,
                connections: [],
                authenticatedAt: authenticatedAt,
                absoluteExpiry: now + lifetime,
                idleExpiry: now + lifetime,
                generation: 0,
                rotatedAt: now,
                isFederated: true
            )
            switch try await OAuthError.attempt(await sessions.start(session, now: now).outcome) {
            case .admitted: return session
            case .full, .ended: throw .overloaded
            }
        }
    }
}
