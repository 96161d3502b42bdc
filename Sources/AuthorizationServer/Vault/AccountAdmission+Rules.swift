import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// Applies `allow` to a session at its refresh, on what its providers last said in their ID tokens.
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
                let facts = facts(of: connection)
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

    /// Whether a login may use a connection without visiting its provider: what `allow` asks about it must be known.
    func allowsWithoutVisit(_ connection: Connection) -> Bool {
        guard rules.concernsAccounts(at: connection.upstream) else { return true }
        guard let facts = facts(of: connection) else { return false }
        return rules.refusal(ofAccount: facts, at: connection.upstream, .login) == nil
    }

    // The ID token was verified before it was stored. One that cannot be read says nothing.
    private func facts(of connection: Connection) -> JSONObject? {
        guard let provider = upstreams[connection.upstream], let text = try? sealing.idToken(of: connection),
            let claims = provider.claims(ofStoredIDToken: text)
        else { return nil }
        return AccessRules.facts(claims, verifiedEmail: provider.verifiedEmail(in: claims))
    }
}
