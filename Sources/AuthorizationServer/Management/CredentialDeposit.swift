import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// `PUT /admin/users/{id}/connections/{upstream}`: an administrator deposits a user's credential, or OAuth tokens that
/// another system obtained.
///
/// Credentials are checked as on the page; tokens are taken as they are, because their provider is asked at the first
/// refresh. Neither identifies the user: an account that is deposited does not log anyone in (D-63).
struct CredentialDepositEndpoint: RequestHandler {
    let upstream: String
    let upstreams: UpstreamDirectory
    let vault: any VaultStore
    let entered: EnteredConnections
    let audit: AuditTrail

    /// The path for one upstream.
    static func path(_ upstream: String) -> String { "/admin/users/{id}/connections/" + upstream }

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let provider = upstreams[upstream], let id = request.pathParameter.flatMap(UserID.init),
                let user = try await OAuthError.attempt(await vault.user(id))
            else { return .noSuchRow }
            let body: JSONObject
            do { body = try JSONParser.parseObject(request.body) } catch {
                throw OAuthError(.invalidRequest, "the body must be a JSON object")
            }
            let draft =
                provider.enteredCredential == nil
                ? try await tokens(body, provider, user.id, context)
                : try await credential(body, provider, user.id, context)
            let kept = try await entered.store(draft, context)
            let actor = AdministrationRequest.actor(of: request)
            audit.record(.deposited(kept, by: actor), context: context)
            return .json(ConnectionListing.json(kept).serialized())
        } catch {
            return .error(error)
        }
    }

    private func credential(
        _ body: JSONObject,
        _ provider: UpstreamProvider,
        _ userID: UserID,
        _ context: RequestContext
    ) async throws(OAuthError) -> ConnectionDraft {
        guard let fields = body["fields"]?.objectValue, body.names == ["fields"] else {
            throw OAuthError(.invalidRequest, "fields is required, and nothing else")
        }
        var values: [String: String] = [:]
        for (name, value) in fields.members {
            guard let text = value.stringValue,
                provider.enteredCredential?.fields.contains(where: { $0.name == name }) == true
            else { throw OAuthError(.invalidRequest, "fields has a member that the upstream does not have") }
            values[name] = text
        }
        do throws(EnteredConnections.Failure) {
            return try await entered.draft(EnteredValues(values), at: provider, for: userID, now: context.now)
        } catch {
            switch error {
            case .unusable(.unusable(let field)), .unusable(.mismatch(let field)):
                throw OAuthError(.invalidRequest, "the field \(field) is missing or has the wrong form")
            case .refused: throw OAuthError(.invalidGrant, "the provider does not accept the credential")
            case .unavailable: throw OAuthError(.temporarilyUnavailable, "the provider cannot be asked now")
            case .other(let error): throw error
            }
        }
    }

    private func tokens(
        _ body: JSONObject,
        _ provider: UpstreamProvider,
        _ userID: UserID,
        _ context: RequestContext
    ) async throws(OAuthError) -> ConnectionDraft {
        guard let account = body["account"]?.stringValue, let accessToken = body["access_token"]?.stringValue,
            1...512 ~= account.utf8.count, 1...65_536 ~= accessToken.utf8.count
        else { throw OAuthError(.invalidRequest, "account and access_token are required") }
        guard let binding = provider.clientBinding else {
            throw OAuthError(.invalidRequest, "this server has no client at the provider yet")
        }
        // D-60: one person's account must not become another's, whether that person logs in with it or connected it.
        let isTaken = try await entered.keeper.belongsToAnother(account, at: provider, than: userID)
        guard !isTaken else { throw OAuthError(.accessDenied, "the account belongs to another user") }
        let lifetime = body["expires_in"]?.integerValue
        guard body["expires_in"] == nil || lifetime.map({ 0...315_360_000 ~= $0 }) == true else {
            throw OAuthError(.invalidRequest, "expires_in must be a number of seconds, at most ten years")
        }
        let tokens = UpstreamTokens(accessToken: accessToken, refreshToken: body["refresh_token"]?.stringValue)
        return ConnectionDraft(
            userID: userID,
            upstream: provider.name,
            account: account,
            accountName: body["account_name"]?.stringValue,
            tokens: try entered.sealed(tokens, for: userID, upstream: provider.name, account: account),
            scopes: try body["scope"]?.stringValue.map { (text) throws(OAuthError) in try ScopeSet(parsing: text) }
                ?? provider.requestedScopes,
            accessTokenExpiry: lifetime.map { context.now + .seconds($0) },
            upstreamClientID: binding
        )
    }
}

extension AuditEvent {
    /// An administrator deposited a credential or tokens for a user.
    static func deposited(_ connection: Connection, by actor: String) -> AuditEvent {
        AuditEvent(
            "connection.deposited",
            [
                "sub": .string(connection.userID.text), "upstream": .string(connection.upstream),
                "account": .string(connection.account), "by": .string(actor),
            ]
        )
    }
}
