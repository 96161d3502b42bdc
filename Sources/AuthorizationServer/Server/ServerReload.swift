import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import Synchronization
import UpstreamIdentity

/// Serves a configuration until another one takes its place.
///
/// A request is answered by one table of routes, and every part that depends on the configuration is made anew for each
/// table: no request sees a part of one configuration and a part of another. Requests in progress end with the table
/// that they began with. What has state of its own (stores, caches, limits, upstreams) is common to all tables.
final class ServerReload: Sendable {
    /// Answers at the public listeners.
    let publicRequests: CurrentResponder
    /// Answers at the management listener.
    let managementRequests: CurrentResponder
    private let first: ServerParts
    private let current: Mutex<ServerParts>
    private let tables: @Sendable (ServerParts) -> Tables

    /// The two tables of routes of one configuration.
    struct Tables: Sendable {
        let publicRequests: any RequestResponder
        let managementRequests: any RequestResponder
    }

    /// Why a configuration was not taken.
    struct Refusal: Error {
        let reason: String
        var needRestart: [String] = []
    }

    init(_ parts: ServerParts, tables: @escaping @Sendable (ServerParts) -> Tables) {
        first = parts
        current = Mutex(parts)
        self.tables = tables
        let made = tables(parts)
        publicRequests = CurrentResponder(made.publicRequests)
        managementRequests = CurrentResponder(made.managementRequests)
    }

    /// Where reloads are recorded.
    var audit: AuditTrail { first.audit }
    /// The providers, which are common to all configurations.
    var upstreams: UpstreamDirectory { first.upstreams }
    /// The operator's secrets that are in effect.
    var secrets: OperatorSecrets { current.withLock { $0.secrets } }

    /// Takes a configuration in one step, or throws and changes nothing.
    ///
    /// Callers take turns.
    ///
    /// - Returns: The keys that differ.
    func adopt(_ configuration: Configuration, now: Timestamp) async throws(Refusal) -> [String] {
        let earlier = current.withLock { $0.configuration }
        let changes = earlier.changes(to: configuration)
        let takesUpstreams = first.environment.reloadsUpstreams && Self.keepsUpstreams(of: earlier, in: configuration)
        let permanent = changes.filter { change in
            !change.isReloaded && !(takesUpstreams && change.path.hasPrefix("upstreams"))
        }.map(\.path)
        guard permanent.isEmpty else {
            throw Refusal(
                reason: "these keys need a restart: \(permanent.joined(separator: ", "))",
                needRestart: permanent
            )
        }
        try Self.check(configuration, replaces: earlier)
        let providers = takesUpstreams ? try await providers(configuration) : nil
        let clients = ConfiguredClients(
            clients: configuration.preRegisteredClients(now: now),
            store: first.stores.clients
        )
        let parts = first.reloaded(configuration, stores: first.stores.replacing(clients: clients))
        do throws(UpstreamError) {
            // Checks all of them before it changes one.
            try parts.secrets.adopt(configuration, parts.upstreams)
        } catch {
            throw Refusal(reason: "an upstream's secret is unusable: \(error)")
        }
        if let providers { first.upstreams.replaceAll(by: providers) }
        let made = tables(parts)
        current.withLock { $0 = parts }
        publicRequests.replace(by: made.publicRequests)
        managementRequests.replace(by: made.managementRequests)
        parts.vault.unusedConnections.adopt(parts.resources)
        await parts.limiter.adopt(configuration.limits.sourceRates)
        parts.limits.guessed.adopt(configuration.limits.failuresPerSource)
        return changes.map(\.path)
    }

    /// The providers of a configuration: those that exist, and new ones for upstreams that were added.
    private func providers(_ configuration: Configuration) async throws(Refusal) -> [UpstreamProvider] {
        let assembly = UpstreamAssembly(
            configuration: configuration,
            environment: first.environment,
            stores: first.stores,
            sealing: first.vault.sealing,
            audit: first.audit,
            work: first.work
        )
        var providers: [UpstreamProvider] = []
        for upstream in configuration.upstreams {
            do throws(UpstreamError) {
                if let known = first.upstreams[upstream.name] {
                    providers.append(known)
                } else {
                    providers.append(try await assembly.provider(upstream))
                }
            } catch {
                throw Refusal(reason: "an upstream is unusable: \(error)")
            }
        }
        return providers
    }

    /// Whether the upstreams that both configurations have are the same in both.
    private static func keepsUpstreams(of old: Configuration, in new: Configuration) -> Bool {
        let common = Set(old.upstreams.map(\.name)).intersection(new.upstreams.map(\.name))
        var (kept, taken) = (old, new)
        kept.upstreams.removeAll { !common.contains($0.name) }
        taken.upstreams.removeAll { !common.contains($0.name) }
        return !kept.changes(to: taken).contains { $0.path.hasPrefix("upstreams") }
    }

    /// What a reload cannot change although its keys are among those that it takes.
    private static func check(_ new: Configuration, replaces old: Configuration) throws(Refusal) {
        guard old.issuesIDTokens == new.issuesIDTokens else {
            // The keys of ID tokens are made, and follow their rotation, from the start on.
            throw Refusal(reason: "adding or removing the scope openid needs a restart", needRestart: ["scopes"])
        }
    }
}

/// Passes each request to the table of routes that is in effect.
final class CurrentResponder: RequestResponder {
    private let responder: Mutex<any RequestResponder>

    init(_ responder: any RequestResponder) {
        self.responder = Mutex(responder)
    }

    var current: any RequestResponder { responder.withLock { $0 } }

    func replace(by responder: any RequestResponder) {
        self.responder.withLock { $0 = responder }
    }

    func respond(to request: Request) async -> Response { await current.respond(to: request) }
}

/// The clients of a configuration that was reloaded, in front of the store, whose own are those of the start.
struct ConfiguredClients: ClientStore {
    private let clients: [String: Client]
    private let store: any ClientStore

    init(clients: [Client], store: any ClientStore) {
        self.clients = Dictionary(clients.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.store = store
    }

    func client(_ id: String) async throws(StoreError) -> Client? {
        // A dictionary finds a look-alike of canonically equivalent characters under the same key.
        if let client = clients[id] { return client.id.hasSameBytes(as: id) ? client : nil }
        guard let stored = try await store.client(id), stored.kind != .preRegistered else { return nil }
        return stored
    }

    func register(_ client: Client, from source: SourceNetwork) async throws(StoreError) -> Receipt<ClientRegistration>
    {
        try await store.register(client, from: source)
    }

    func touch(_ id: String, now: Timestamp) async { await store.touch(id, now: now) }
    func remove(_ id: String) async throws(StoreError) -> Receipt<Bool> { try await store.remove(id) }
    func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await store.replace(client)
    }
    func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool> { try await store.renew(client) }
    func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) async throws(StoreError) -> Receipt<ClientUpdate> {
        try await store.update(client, presenting: tokenHash)
    }
}

extension Configuration.Limits {
    /// The rates that a reload changes, by purpose.
    var sourceRates: [SourceLimiter.Purpose: Configuration.Rate] {
        [
            .registration: registrationsPerSource, .failure: failuresPerSource,
            .authorization: authorizationsPerSource,
        ]
    }
}
