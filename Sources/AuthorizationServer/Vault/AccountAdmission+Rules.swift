import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// Applies `allow` to a session at its refresh, and to a user without a login for a resource, on what the providers
/// last said in their ID tokens.
extension AccountAdmission {
    /// What the rules say of a session.
    struct Verdict: Sendable {
        /// The rule that ends the session.
        var refusal: String?
        /// The scopes that its user no longer gets.
        var withheld = ScopeSet.empty
    }

    /// The verdict on a session; without rules nothing is looked up.
    func verdict(on session: Session) async throws(OAuthError) -> Verdict {
        var verdict = Verdict()
        guard !rules.isEmpty else { return verdict }
        for (index, id) in session.connections.enumerated() {
            guard let connection = try await OAuthError.attempt(await connections.connection(id)),
                let facts = await facts(of: connection)
            else { continue }
            verdict.refusal = rules.refusal(ofAccount: facts, at: connection.upstream, .refresh)
            // The first connection of a login is that of the provider that identified the user.
            if verdict.refusal == nil, index == 0 {
                verdict.refusal = rules.refusal(
                    ofUser: facts,
                    resource: session.resource,
                    clientID: session.clientID,
                    .refresh
                )
                verdict.withheld = rules.withheld(from: facts, resource: session.resource, .refresh)
            }
            if verdict.refusal != nil { return verdict }
        }
        return verdict
    }

    /// The verdict on a user who did not log in for a resource.
    ///
    /// It is by the user's accounts at the provider that identifies the resource's users. All of them must comply;
    /// without one nothing is known. The provider's own rule was applied when the accounts logged in, so only a
    /// definite no of it counts.
    func verdict(
        onUser userID: UserID,
        resource: ProtectedResource,
        clientID: String,
        _ stage: AccessRules.Stage
    ) async throws(OAuthError) -> Verdict {
        var verdict = Verdict()
        guard !rules.isEmpty else { return verdict }
        let identifying = upstreams.loginChain(for: resource).first { upstreams[$0]?.identifiesUsers == true }
        let own = try await OAuthError.attempt(await connections.connections(of: userID))
            .filter { $0.upstream == identifying }
        var known: [JSONObject] = own.isEmpty ? [[:]] : []
        for connection in own { known.append(await facts(of: connection) ?? [:]) }
        for facts in known {
            let refusal =
                identifying.flatMap { rules.refusal(ofAccount: facts, at: $0, .refresh) }
                ?? rules.refusal(ofUser: facts, resource: resource.uri, clientID: clientID, stage)
            verdict.refusal = verdict.refusal ?? refusal
            verdict.withheld = verdict.withheld.union(rules.withheld(from: facts, resource: resource.uri, stage))
        }
        return verdict
    }

    /// Whether a login may use a connection without visiting its provider: what `allow` asks about it must be known.
    func allowsWithoutVisit(_ connection: Connection) async -> Bool {
        guard rules.concernsAccounts(at: connection.upstream) else { return true }
        guard let facts = await facts(of: connection) else { return false }
        return rules.refusal(ofAccount: facts, at: connection.upstream, .login) == nil
    }

    // The ID token was verified before it was stored. One that cannot be read says nothing. GitHub has none, and is
    // asked.
    private func facts(of connection: Connection) async -> JSONObject? {
        if let provider = upstreams[connection.upstream], provider.hasOrganizations {
            return await organizations(of: connection, provider)
        }
        guard let provider = upstreams[connection.upstream],
            // What cannot be opened says nothing.
            let text = try? sealing.idToken(of: connection),
            let claims = provider.claims(ofStoredIDToken: text)
        else { return nil }
        return AccessRules.facts(claims, verifiedEmail: provider.verifiedEmail(in: claims))
    }

    private func organizations(of connection: Connection, _ provider: UpstreamProvider) async -> JSONObject? {
        // What cannot be opened, or belongs to another client's tokens, answers nothing.
        guard !rules.organizations.isEmpty, let accessToken = try? sealing.accessToken(of: connection),
            // VR-8: another server must not be sent the token; without an answer to that nothing is asked.
            (try? await sealing.isFromPresentServer(connection, provider)) ?? false
        else { return nil }
        return await provider.organizationClaims(
            rules.organizations,
            of: connection.account,
            named: connection.accountName,
            accessToken: accessToken,
            isFresh: false
        )
    }
}
