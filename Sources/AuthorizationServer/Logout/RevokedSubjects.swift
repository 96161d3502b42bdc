import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// Finds what depends on the account that a provider names.
struct RevokedSubjects: Sendable {
    let vault: any VaultStore
    let listing: any StateListing

    private static let sliceCount = 500

    /// The sessions of each affected user that end: all of one who logs in with the account, and those that use the
    /// account of one who only connected it.
    ///
    /// - Returns: A filter for each user; none when the account is not known here.
    func filters(
        _ identifier: SubjectIdentifier,
        at provider: UpstreamProvider
    ) async throws(StoreError) -> [SessionFilter] {
        switch identifier {
        case .account(let subject, let issuer):
            guard issuer.map({ $0.hasSameBytes(as: provider.identityNamespace) }) ?? true else { return [] }
            return try await filters(ofAccount: subject, at: provider)
        case .email(let address): return try await filters(ofAddress: address, at: provider)
        }
    }

    private func filters(
        ofAccount subject: String,
        at provider: UpstreamProvider
    ) async throws(StoreError) -> [SessionFilter] {
        let owner = try await vault.userID(
            of: IdentityKey(namespace: provider.identityNamespace, subject: subject)
        )
        let connections = try await vault.connections(ofAccount: subject, at: provider.name)
        let others = Dictionary(grouping: connections.filter { $0.userID != owner }, by: \.userID)
        return (owner.map { [SessionFilter(userID: $0)] } ?? [])
            + others.map { SessionFilter(userID: $0.key, connections: Set($0.value.map(\.id))) }
    }

    /// Whether the user logs in with one of these accounts.
    private func isLogin(
        of user: UserID,
        _ connections: [Connection],
        at provider: UpstreamProvider
    ) async throws(StoreError) -> Bool {
        for connection in connections {
            let key = IdentityKey(namespace: provider.identityNamespace, subject: connection.account)
            if try await vault.userID(of: key) == user { return true }
        }
        return false
    }

    // Only what ends is found by an address, and only where the provider's own account is connected: an address never
    // gives anybody access (D-63).
    @concurrent
    private func filters(
        ofAddress address: String,
        at provider: UpstreamProvider
    ) async throws(StoreError) -> [SessionFilter] {
        let wanted = address.lowercased()
        var found: [SessionFilter] = []
        var after: UserID?
        while true {
            let users = try await listing.users(containing: wanted, after: after, limit: Self.sliceCount)
            guard let last = users.last else { return found }
            for user in users where user.verifiedEmail?.lowercased() == wanted {
                let connections = try await vault.connections(of: user.id).filter { $0.upstream == provider.name }
                guard !connections.isEmpty else { continue }
                let isLogin = try await isLogin(of: user.id, connections, at: provider)
                found.append(
                    isLogin
                        ? SessionFilter(userID: user.id)
                        : SessionFilter(userID: user.id, connections: Set(connections.map(\.id)))
                )
            }
            after = last.id
        }
    }
}
