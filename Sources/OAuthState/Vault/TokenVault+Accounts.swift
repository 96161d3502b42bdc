package import OAuthProtocol

/// The owners of an account or a session at a provider: answered by the index, at a cost proportional to the result.
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
