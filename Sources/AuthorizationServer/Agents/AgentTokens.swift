import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// Makes, lists and ends agents: named tokens with which programs act for a user without a browser.
///
/// An agent is a session of its own with one resource and some of the user's connections. Its token is shown once; here
/// is its hash only.
struct AgentTokens: Sendable {
    let settings: Configuration.Agents
    let resources: ResourceCatalogue
    let sessions: any SessionStore
    let admission: AccountAdmission
    let random: any RandomSource
    let audit: AuditTrail

    /// Prefix of every agent's client id; no registration and no document's URL can have it.
    static let clientIDPrefix = "agent_"
    /// The longest name, in Unicode scalars.
    static let nameLengthMax = 64

    /// What a new agent is to be.
    struct Order: Sendable {
        let maker: Maker
        let name: String
        let resource: ProtectedResource
        /// At most the scopes that the maker has.
        let scopes: ScopeSet
        /// The upstreams whose tokens may be retrieved for it; `nil` for all that the maker has.
        let upstreams: [String]?
        let lifetime: Duration

        var userID: UserID { maker.userID }
        var parent: Session? { maker.parent }
    }

    /// Who makes an agent.
    struct Maker: Sendable {
        let userID: UserID
        /// The session that the agent ends with; `nil` for one that its user makes on the page.
        var parent: Session?
        /// The scopes of the token that makes it, which may be fewer than the session's; `nil` on the page, where the
        /// user decides.
        var scopes: ScopeSet?
    }

    /// A new agent with its token, which nothing can show again.
    struct Made: Sendable {
        let session: Session
        let token: AgentToken
    }

    /// Makes an agent.
    ///
    /// - Throws: `invalid_request` for a name or a lifetime that is not possible; `invalid_scope`, `invalid_target` for
    ///   more than the maker or the resource has; `access_denied` for a user whom a rule refuses, and at a bound.
    func make(_ order: Order, by actor: String, _ context: RequestContext) async throws(OAuthError) -> Made {
        guard let name = ClientMetadata.displayable(order.name), name.unicodeScalars.count <= Self.nameLengthMax else {
            throw OAuthError(.invalidRequest, "name must have 1 to \(Self.nameLengthMax) visible characters")
        }
        guard order.lifetime >= .seconds(60), order.lifetime <= settings.lifetimeMax else {
            throw OAuthError(.invalidRequest, "the lifetime must be a minute or more, and at most the server's maximum")
        }
        guard order.scopes.isSubset(of: Self.grantable(order.maker.scopes, order.resource)), !order.scopes.isEmpty
        else { throw OAuthError(.invalidScope, "scope exceeds what the agent may have") }
        try await admit(order)
        let connections = try await connections(order)
        let now = context.now
        // An agent never outlives the session that it ends with.
        let expiry = min(now + order.lifetime, order.parent?.absoluteExpiry ?? now + order.lifetime)
        let token = AgentToken(random: random)
        let id = SessionID(random: random)
        let session = Session(
            id: id,
            userID: order.userID,
            clientID: Self.clientIDPrefix + id.text,
            scopes: order.scopes,
            resource: order.resource.uri,
            connections: connections,
            authenticatedAt: order.parent?.authenticatedAt,
            absoluteExpiry: expiry,
            idleExpiry: expiry,
            generation: 0,
            rotatedAt: now,
            claims: order.parent?.claims ?? [],
            agent: AgentGrant(
                name: name,
                tokenHash: token.hash,
                parent: order.parent?.id,
                maker: order.parent?.clientID,
                createdAt: now
            )
        )
        switch try await OAuthError.attempt(await sessions.startAgent(session, now: now).outcome) {
        case .admitted: break
        case .full: throw OAuthError(.accessDenied, "the user has too many agents; end some of them")
        case .parentEnded: throw OAuthError(.invalidToken, "the access token is invalid")
        }
        audit.record(.agentMade(session, by: actor), context: context)
        return Made(session: session, token: token)
    }

    /// What an agent may have at a resource: nothing of the user's identity, of refreshing, or of making others.
    static func grantable(_ maker: ScopeSet?, _ resource: ProtectedResource) -> ScopeSet {
        resource.scopes.filter { scope in
            !ScopeSet.identityScopes.contains(scope) && maker?.contains(scope) ?? true
        }
    }

    // No login for the resource has to precede an agent of the page, so the rules are applied here.
    private func admit(_ order: Order) async throws(OAuthError) {
        let verdict =
            if let parent = order.parent {
                try await admission.verdict(on: parent)
            } else {
                try await admission.verdict(
                    onUser: order.userID,
                    resource: order.resource,
                    clientID: Self.clientIDPrefix,
                    .login
                )
            }
        guard verdict.refusal == nil else {
            throw OAuthError(.accessDenied, "the user is not allowed to have access to the resource")
        }
        guard !order.scopes.tokens.contains(where: verdict.withheld.contains) else {
            throw OAuthError(.invalidScope, "scope exceeds what the user may have at the resource")
        }
    }

    private func connections(_ order: Order) async throws(OAuthError) -> [ConnectionID] {
        let allowed = order.resource.upstreams
        let wanted = order.upstreams ?? allowed
        guard wanted.allSatisfy(allowed.contains) else {
            throw OAuthError(.invalidTarget, "an upstream is not one of the resource's")
        }
        var found: [ConnectionID] = []
        for upstream in wanted {
            let connection = try await OAuthError.attempt(
                await admission.connections.credential(
                    for: order.userID,
                    upstream: upstream,
                    preferred: order.parent?.connections ?? [],
                    account: nil
                )
            )
            if let connection {
                found.append(connection.id)
            } else if order.upstreams != nil {
                throw OAuthError(.invalidTarget, "the user has not connected \(upstream)")
            }
        }
        return found
    }
}
