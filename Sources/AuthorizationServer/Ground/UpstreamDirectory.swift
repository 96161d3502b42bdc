package import OAuthProtocol
import Synchronization
package import UpstreamIdentity

/// The configured upstream providers in their order.
package struct UpstreamDirectory: Sendable {
    /// Common to all copies: a provider that is added while the server runs is known to every part.
    private let table: Table
    private let formerNames: [String: [String]]
    private(set) var logins: LoginRules

    /// A directory of providers with distinct names, the former names of some of them, and the rules of their logins.
    package init(
        _ providers: [UpstreamProvider],
        formerNames: [String: [String]] = [:],
        logins: LoginRules = LoginRules()
    ) {
        table = Table(providers)
        self.formerNames = formerNames
        self.logins = logins
    }

    /// Holds the providers of the copies.
    private final class Table: Sendable {
        let providers: Mutex<[UpstreamProvider]>

        init(_ providers: [UpstreamProvider]) {
            self.providers = Mutex(providers)
        }
    }

    private var providers: [UpstreamProvider] { table.providers.withLock { $0 } }

    /// Makes these the providers of every copy.
    func replaceAll(by providers: [UpstreamProvider]) {
        table.providers.withLock { $0 = providers }
    }

    /// The same providers with the rules of a configuration that was reloaded.
    func replacing(logins: LoginRules) -> UpstreamDirectory {
        var directory = self
        directory.logins = logins
        return directory
    }

    /// The names that an upstream had before, as they are configured.
    package func formerNames(of name: String) -> [String] {
        formerNames[name] ?? []
    }

    /// The present names of upstreams by their former ones.
    package var renamed: [String: String] {
        Dictionary(
            formerNames.flatMap { name, formers in formers.map { ($0, name) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The provider with this name.
    package subscript(name: String) -> UpstreamProvider? {
        providers.first { $0.name == name }
    }

    /// The OpenID Connect provider whose tokens have this issuer.
    ///
    /// - Throws: ``UpstreamError`` when only a provider's document could tell, and it cannot be fetched.
    package func provider(
        ofIssuer issuer: String,
        claims: JSONObject
    ) async throws(UpstreamError) -> UpstreamProvider? {
        for provider in providers {
            if try await provider.issues(issuer, claims: claims) { return provider }
        }
        return nil
    }

    /// The names of all providers, in their order.
    package var names: [String] {
        providers.map(\.name)
    }

    /// The names of the providers that users can connect.
    package var connectableNames: [String] {
        providers.filter(\.isConnectable).map(\.name)
    }

    /// The names of the providers that tell who the user is, in their order.
    package var identifyingNames: [String] {
        providers.filter(\.identifiesUsers).map(\.name)
    }
}
