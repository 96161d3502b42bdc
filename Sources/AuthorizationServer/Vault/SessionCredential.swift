import OAuthProtocol
import OAuthState

extension ConnectionStore {
    /// The connection whose token a session gets at an upstream.
    ///
    /// An agent has the accounts that it was given, and no others: neither what its user connects later nor the user's
    /// choice of a default account changes that.
    func credential(
        of session: Session,
        upstream: String,
        account: String?
    ) async throws(StoreError) -> Connection? {
        guard session.agent != nil else {
            return try await credential(
                for: session.userID,
                upstream: upstream,
                preferred: session.connections,
                account: account
            )
        }
        for id in session.connections {
            guard let connection = try await connection(id), connection.userID == session.userID,
                connection.upstream.hasSameBytes(as: upstream)
            else { continue }
            let isNamed = account.map { $0.hasSameBytes(as: connection.account) || $0 == connection.accountName }
            if isNamed ?? true { return connection }
        }
        return nil
    }
}
