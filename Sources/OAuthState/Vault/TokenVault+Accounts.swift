package import OAuthProtocol

/// Whose an account or a session at a provider is: answered by the index, at a cost of what is found.
extension TokenVault {
    package func connections(ofAccount account: String, at upstream: String) -> [Connection] {
        connectionTable.connections(ofAccount: account, at: upstream)
    }

    package func connections(ofProviderSession session: String, at upstream: String) -> [Connection] {
        connectionTable.connections(ofProviderSession: session, at: upstream)
    }

    package func isConnected(account: String, upstream: String, byAnotherThan userID: UserID) -> Bool {
        connections(ofAccount: account, at: upstream).contains { $0.userID != userID }
    }
}
