import AuthorizationServer
import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Synchronization

/// The embedded providers: those of the start, and those that tests have added.
final class DevelopmentProviders: Sendable {
    typealias Entry = (upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)

    /// The most that tests can add.
    static let addedCountMax = 20

    private let first: [Entry]
    private let added = Mutex<[Entry]>([])

    init(_ first: [Entry]) {
        self.first = first
    }

    /// All of them, in the order in which logins visit them.
    var all: [Entry] { first + added.withLock { $0 } }

    /// Adds one.
    ///
    /// - Returns: Whether there was room, and the name is new.
    func add(_ entry: Entry) -> Bool {
        added.withLock { added in
            let names = (first + added).map(\.upstream.name)
            guard added.count < Self.addedCountMax, !names.contains(entry.upstream.name) else { return false }
            added.append(entry)
            return true
        }
    }

    /// Removes one that was added, or with `nil` all of them.
    ///
    /// - Returns: Those that were removed; they are still running.
    func remove(_ name: String?) -> [Entry] {
        added.withLock { added in
            let removed = added.filter { name == nil || $0.upstream.name == name }
            added.removeAll { name == nil || $0.upstream.name == name }
            return removed
        }
    }

    /// Whether a test has added this one.
    func hasAdded(_ name: String) -> Bool { added.withLock { $0.contains { $0.upstream.name == name } } }

    /// A provider that behaves as a preset says, not started yet, and the upstream that it is for the server.
    static func make(
        _ name: String,
        _ preset: ProviderPreset,
        clock: DevelopmentClock,
        random: any RandomSource
    ) throws -> Entry {
        var configuration = DevelopmentIdentityProvider.Configuration()
        configuration.clients = .registered([])
        preset.configure(&configuration)
        let provider = try DevelopmentIdentityProvider(
            configuration: configuration,
            timeSource: clock,
            random: random,
            logger: Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
        )
        let secret = Base64URL.encode(random.bytes(32))
        return (DevelopmentUpstream(name: name, preset: preset, issuer: provider.issuer, secret: secret), provider)
    }

    /// Starts a provider, which knows the server's callback from then on.
    static func start(_ entry: Entry, for issuer: Issuer) async throws {
        let callback = issuer.url(CallbackEndpoint.path + "/" + entry.upstream.name)
        await entry.provider.setClient(
            DevelopmentClient(id: "gatehouse", secret: entry.upstream.secret, redirectURIs: [callback])
        )
        try await entry.provider.start()
    }
}
