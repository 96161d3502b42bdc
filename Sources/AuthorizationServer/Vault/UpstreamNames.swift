import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// What is stored under names of upstreams that the configuration no longer has (N-5).
///
/// A renamed upstream would lose its users: they are known by its name where it has no issuer, and their connections
/// are stored under it.
struct UpstreamNames: Sendable {
    private let vault: any VaultStore
    private let sealing: TokenSealing
    private let configured: Set<String>
    private let renamed: [String: String]
    private let logger: Logger

    /// How many connections are examined in one turn of the store.
    private static let sliceCount = 1024

    init(_ upstreams: UpstreamDirectory, vault: any VaultStore, sealing: TokenSealing, logger: Logger) {
        self.vault = vault
        self.sealing = sealing
        self.logger = logger
        configured = Set(upstreams.names)
        renamed = upstreams.renamed
    }

    /// Moves connections from former names to the present ones; done before any request is answered.
    func adopt() async throws(StoreError) {
        guard !renamed.isEmpty else { return }
        var counts: [String: Int] = [:]
        try await forEach { (connection) throws(StoreError) in
            guard let name = renamed[connection.upstream], try await move(connection, to: name) else { return }
            counts[connection.upstream, default: 0] += 1
        }
        for (former, count) in counts.sorted(by: { $0.key < $1.key }) {
            logger.notice(
                "connections of a renamed upstream were taken over",
                metadata: [
                    "former_name": "\(former)", "upstream": "\(renamed[former] ?? "")", "connections": "\(count)",
                ]
            )
        }
    }

    private func move(_ connection: Connection, to name: String) async throws(StoreError) -> Bool {
        let tokens: SealedTokens
        do {
            tokens = try sealing.resealed(connection, at: name)
        } catch {
            logger.error(
                "stored tokens could not be opened",
                metadata: ["upstream": "\(connection.upstream)", "connection": "\(connection.id)"]
            )
            return false
        }
        return try await vault.rename(connection, to: name, as: tokens).outcome
    }

    /// Warns of connections whose upstream is not configured: no MCP server can use them, and their users seem new.
    func reportUnknown() async {
        var counts: [String: Int] = [:]
        do throws(StoreError) {
            try await forEach { connection in
                guard !configured.contains(connection.upstream) else { return }
                counts[connection.upstream, default: 0] += 1
            }
        } catch {
            // The store reports its own failures; the next start examines the names again.
            return
        }
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            logger.warning(
                """
                connections of an unknown upstream exist; if it was renamed, add the old name to former_names of the \
                new one, otherwise end them
                """,
                metadata: ["upstream": "\(name)", "connections": "\(count)"]
            )
        }
    }

    private func forEach(
        _ body: (Connection) async throws(StoreError) -> Void
    ) async throws(StoreError) {
        var last: ConnectionID?
        while !Task.isCancelled {
            let slice = try await vault.connections(after: last, limit: Self.sliceCount)
            guard let end = slice.last else { return }
            for connection in slice { try await body(connection) }
            last = end.id
        }
    }
}

extension UpstreamDirectory {
    /// The identities that a subject of a provider may be known by, under the provider's former names first.
    ///
    /// Only a provider without an issuer is known by its name.
    func identities(of subject: String, at provider: UpstreamProvider) -> [IdentityKey] {
        let formerNamespaces =
            provider.identityNamespace == Self.namespace(provider.name)
            ? formerNames(of: provider.name).map(Self.namespace) : []
        return (formerNamespaces + [provider.identityNamespace]).map { IdentityKey(namespace: $0, subject: subject) }
    }

    /// The identity by which a subject is known, or is to become known; one under a former name wins, because its user
    /// is the older one.
    func identity(
        of subject: String,
        at provider: UpstreamProvider,
        in users: any UserStore
    ) async throws(StoreError) -> IdentityKey {
        for identity in identities(of: subject, at: provider).dropLast() {
            if try await users.userID(of: identity) != nil { return identity }
        }
        return IdentityKey(namespace: provider.identityNamespace, subject: subject)
    }

    private static func namespace(_ name: String) -> String { "name:" + name }
}
