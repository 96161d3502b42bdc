import OAuthProtocol
import OAuthState
package import OpenSSLCrypto
import UpstreamIdentity

/// Retrieves upstream tokens on the record: every token and every refusal has an audit event and a metric (VX-7).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class UpstreamRetrievals: Sendable {
    private let credentials: UpstreamCredentials
    private let links: ConnectLinks
    private let random: any RandomSource
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// Retrieves from a vault.
    package init(
        credentials: UpstreamCredentials,
        links: ConnectLinks,
        random: any RandomSource,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.credentials = credentials
        self.links = links
        self.random = random
        self.metrics = metrics
        self.audit = audit
    }

    /// The token that a resource server requested.
    ///
    /// - Throws: The error for the resource server; `interaction_required` has a `connect_uri`.
    func retrieve(
        _ query: UpstreamCredentials.Query,
        to clientID: String,
        context: RequestContext
    ) async throws(OAuthError) -> (credential: UpstreamCredential, retrieval: Retrieval) {
        var retrieval = Retrieval(
            id: Base64URL.encode(random.bytes(12)),
            clientID: clientID,
            session: query.session,
            actors: query.actors,
            upstream: query.upstream
        )
        do {
            let credential = try await credentials.credential(query, context: context)
            retrieval.connection = credential.connection
            retrieval.wasRefreshed = credential.wasRefreshed
            // What people choose can be guessed by its hash.
            if credential.entered == nil { retrieval.tokenFingerprint = Retrieval.fingerprint(credential.accessToken) }
            metrics.retrieval(query.upstream, result: retrieval.result)
            audit.record(.exchanged(retrieval), context: context)
            return (credential, retrieval)
        } catch {
            let refusal = try refusal(error, query, now: context.now)
            retrieval.result = refusal.code.wireValue
            retrieval.reason = refusal.details["reason"]?.stringValue
            metrics.retrieval(query.upstream, result: retrieval.result)
            audit.record(.exchanged(retrieval), context: context)
            throw refusal
        }
    }

    // JB-10, VX-4: the resource server passes it to URL-mode elicitation, so that the user can act at once.
    private func refusal(
        _ error: UpstreamCredentialError,
        _ query: UpstreamCredentials.Query,
        now: Timestamp
    ) throws(OAuthError) -> OAuthError {
        var refusal = error.oauthError
        let (account, missing, claims): (String?, ScopeSet, String?)
        switch error {
        case .interactionRequired(_, let scopes, let connection):
            (account, missing, claims) = (connection?.account, scopes, nil)
        case .loginRequired(let connection, let remark):
            (account, missing, claims) = (connection.account, .empty, remark.claims)
        case .temporarilyUnavailable, .refusedWithoutReason, .sessionEnded, .refused, .misconfigured: return refusal
        }
        var link = links.link(
            for: query.session.userID,
            upstream: credentials.connectable(query.upstream),
            account: account,
            scopes: missing,
            now: now
        )
        link.claims = claims
        refusal.details["connect_uri"] = .string(try links.uri(of: link))
        return refusal
    }
}
