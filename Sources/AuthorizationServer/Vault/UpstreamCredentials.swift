import Foundations
import Logging
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// An upstream access token in clear, on its way to a resource server that may have it.
package struct UpstreamCredential: Sendable, Redacted {
    let accessToken: String
    let connection: Connection
    let wasRefreshed: Bool
    /// The fields beside the token that the provider's API needs.
    let fields: JSONObject
    /// How the API takes it, where it is no bearer token but what its user entered.
    var entered: EnteredCredential?

    /// The header field that carries it to the API, and the field's value.
    var header: (name: String, value: String) {
        entered.map { ($0.header, accessToken) } ?? ("Authorization", "Bearer " + accessToken)
    }
}

/// Why an upstream token cannot be retrieved (VX-4).
package enum UpstreamCredentialError: StoreFailure, Sendable {
    /// The user has to act; the reason is one of `not_connected`, `reauth_required`, `scope_missing`.
    case interactionRequired(reason: String, missingScopes: ScopeSet, connection: Connection?)
    /// The provider, or our journal, is temporarily unavailable.
    case temporarilyUnavailable(retryAfter: Duration?)
    /// The provider refuses the refresh token without a reason (Glewlwyd answers a bare 400), perhaps permanently.
    case refusedWithoutReason(Connection)
    /// The session was ended while its token was refreshed.
    case sessionEnded
    /// The provider refuses this user or these scopes, and no login changes that: the error for the resource server.
    case refused(OAuthError)
    /// The operator has to act: the provider refuses this server, or a sealed token does not open.
    case misconfigured(String)

    /// The store has failed; the client may try again.
    package init(_ error: StoreError) {
        self = .temporarilyUnavailable(retryAfter: .seconds(5))
    }
}

/// Yields upstream access tokens from the vault, refreshed when due (VR-1 to VR-12).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class UpstreamCredentials: Sendable {
    private let vault: any ConnectionStore
    private let sessions: any SessionStore
    private let upstreams: UpstreamDirectory
    private let sealing: TokenSealing
    private let refreshes: UpstreamRefreshes
    private let chained: ChainedCredentials

    /// Credentials over the vault.
    package init(
        vault: any ConnectionStore,
        sessions: any SessionStore,
        upstreams: UpstreamDirectory,
        sealing: TokenSealing,
        refreshes: UpstreamRefreshes,
        chained: ChainedCredentials
    ) {
        self.vault = vault
        self.sessions = sessions
        self.upstreams = upstreams
        self.sealing = sealing
        self.refreshes = refreshes
        self.chained = chained
    }

    /// A request for a token.
    package struct Query: Sendable {
        let session: Session
        /// The parties that acted for the user before, as the audit trail records them.
        var actors: [String] = []
        let upstream: String
        let scopes: ScopeSet
        let minimumLifetime: Duration
        let account: String?
    }

    /// The token of a session's user at an upstream.
    func credential(
        _ query: Query,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        let now = context.now
        guard let provider = upstreams[query.upstream] else { throw .misconfigured("the upstream is not configured") }
        if let chain = provider.chained {
            return try await chained.credential(query, at: provider, chain: chain, context: context)
        }
        let found = try await UpstreamCredentialError.attempt(
            await vault.credential(of: query.session, upstream: query.upstream, account: query.account)
        )
        guard let connection = found else {
            throw .interactionRequired(reason: "not_connected", missingScopes: query.scopes, connection: nil)
        }
        try Self.check(connection, query.scopes, provider)
        try await sealing.checkServer(connection, provider)
        // Without an expiry the token is used until the API refuses it (VR-5, VR-12).
        let isGood = !connection.isReportedInvalid && (connection.accessTokenExpiry.map { now < $0 } ?? true)
        let isDue = !isGood || connection.isDueForRefresh(now: now, minimumLifetime: query.minimumLifetime)
        var credential: UpstreamCredential
        if isDue {
            credential = try await refreshed(connection, provider, isGood: isGood, context)
            credential = try await present(credential, query, provider, now: now)
        } else {
            credential = try open(connection, wasRefreshed: false)
        }
        await vault.touch(connection.id, now: now)
        credential.entered = provider.enteredCredential
        return credential
    }

    /// The upstream that a user connects to get tokens of this one.
    func connectable(_ upstream: String) -> String { upstreams[upstream]?.chained?.source ?? upstream }

    // VT-2: the session or the connection may have been ended while the provider was answering.
    private func present(
        _ credential: UpstreamCredential,
        _ query: Query,
        _ provider: UpstreamProvider,
        now: Timestamp
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        let session = try await UpstreamCredentialError.attempt(await sessions.session(query.session.id, now: now))
        guard session != nil else { throw .sessionEnded }
        let found = try await UpstreamCredentialError.attempt(await vault.connection(credential.connection.id))
        guard let connection = found else {
            throw .interactionRequired(reason: "not_connected", missingScopes: query.scopes, connection: nil)
        }
        try Self.check(connection, query.scopes, provider)
        // Or a login has replaced the tokens in the meantime; the login's tokens are newer.
        guard connection.version != credential.connection.version else { return credential }
        return try open(connection, wasRefreshed: credential.wasRefreshed)
    }

    /// Refuses a connection that is not usable, or has fewer scopes.
    static func check(
        _ connection: Connection,
        _ scopes: ScopeSet,
        _ provider: UpstreamProvider
    ) throws(UpstreamCredentialError) {
        switch connection.status {
        case .active, .expiring: break
        case .reauthorizationRequired, .revoked:
            throw .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
        case .error:
            throw .misconfigured("the identity provider refuses this server")
        }
        // By the provider's own names: a scope that is granted under another spelling is not requested again.
        let missing = provider.missingScopes(scopes, granted: connection.scopes)
        guard missing.isEmpty else {
            throw .interactionRequired(reason: "scope_missing", missingScopes: missing, connection: connection)
        }
    }

    private func refreshed(
        _ connection: Connection,
        _ provider: UpstreamProvider,
        isGood: Bool,
        _ context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        guard connection.tokens.refreshToken != nil else {
            guard isGood else {
                throw .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
            }
            return try open(connection, wasRefreshed: false)
        }
        // At most one refresh a second: a provider whose tokens live for seconds is not asked at every retrieval.
        guard !connection.wasJustRefreshed(now: context.now) else { return try open(connection, wasRefreshed: false) }
        do {
            let refreshed = try await refreshes.refresh(connection, provider: provider, context: context)
            return try open(refreshed, wasRefreshed: true)
        } catch {
            // A provider that is unavailable, or refuses this server and not the user, does not invalidate a token that
            // has not expired (VR-9, VR-10).
            switch error {
            case .temporarilyUnavailable, .misconfigured:
                guard isGood else { throw error }
                return try open(connection, wasRefreshed: false)
            case .refusedWithoutReason(let connection):
                // Waiting then repairs nothing, and a login does. The connection is not marked, because only
                // `invalid_grant` ends it (VR-9): if the provider accepts the token later, the next request finds out.
                guard isGood else {
                    throw .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
                }
                return try open(connection, wasRefreshed: false)
            case .interactionRequired, .sessionEnded, .refused:
                throw error
            }
        }
    }

    private func open(
        _ connection: Connection,
        wasRefreshed: Bool
    ) throws(UpstreamCredentialError) -> UpstreamCredential {
        do {
            return UpstreamCredential(
                accessToken: try sealing.accessToken(of: connection),
                connection: connection,
                wasRefreshed: wasRefreshed,
                fields: try sealing.upstreamFields(of: connection)
            )
        } catch {
            throw .misconfigured("the stored token cannot be opened")
        }
    }
}

extension Connection {
    /// Whether the token must be refreshed before it is used; a caller may require a longer lifetime than VR-7 leaves.
    func isDueForRefresh(now: Timestamp, minimumLifetime: Duration = .zero) -> Bool {
        guard let expiry = accessTokenExpiry, let due = refreshDueAt else { return false }
        if now >= due { return true }
        let obtained = refreshedAt ?? obtainedAt
        let life = expiry - obtained
        guard now + minimumLifetime >= expiry else { return false }
        // More than the provider's lifetime is impossible: asking for it must not cause a refresh at every request.
        return minimumLifetime < life || now - obtained >= life / 10
    }
}

extension TokenSealing {
    /// Opens the fields beside the tokens of a connection; empty when it has none.
    func upstreamFields(of connection: Connection) throws(CryptoError) -> JSONObject {
        guard let text = try fields(of: connection) else { return [:] }
        // Sealed by us, so it is what was written.
        return (try? JSONParser.parseObject(Array(text.utf8))) ?? [:]
    }
}
