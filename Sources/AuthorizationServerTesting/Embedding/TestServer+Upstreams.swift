import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration

extension TestServer {
    /// A further upstream of the server's resource, with an identity provider of its own.
    public struct Upstream: Sendable {
        /// Its name: the `audience` of an exchange.
        public var name: String
        /// The public provider that it is like; `nil` for one that follows the specifications.
        public var like: KnownProvider?
        /// Further ways in which it differs from the specifications; the server is configured for them.
        public var quirks: Set<UpstreamQuirk> = []
        /// The lifetime of its access tokens; `nil` for tokens without `expires_in`.
        ///
        /// A known provider has its own.
        public var tokenLifetime: Duration? = .seconds(3600)
        /// Whether no login visits it: the first retrieval of a token answers with a `connect_uri`.
        public var isOnDemand = false

        /// An upstream of this name: lower-case letters, digits and inner hyphens.
        public init(_ name: String, like: KnownProvider? = nil) {
            self.name = name
            self.like = like
        }
    }

    /// The names of the upstreams, in the order in which logins visit them.
    public var upstreamNames: [String] { allUpstreams.map(\.name) }

    /// The base URL of an upstream's identity provider, which is its issuer.
    ///
    /// - Parameter upstream: The upstream; the first one with `nil`.
    /// - Returns: The issuer.
    /// - Throws: ``HarnessError`` when there is no such upstream.
    public func upstreamIssuer(_ upstream: String? = nil) throws(HarnessError) -> String {
        try upstreamParts(upstream).provider.issuer
    }

    /// Makes an identity provider forget what a user has granted, as a user does in the account's settings there.
    ///
    /// - Parameters:
    ///   - subject: The user's name at the provider, such as `ada`.
    ///   - upstream: At this upstream; at the first one with `nil`.
    ///   - onlyAccessTokens: Whether refresh tokens remain valid: the API answers 401, and a refresh repairs it.
    /// - Throws: ``HarnessError`` when there is no such upstream or user.
    public func revokeAtUpstream(
        _ subject: String,
        upstream: String? = nil,
        onlyAccessTokens: Bool = false
    ) async throws {
        let found = try upstreamParts(upstream)
        let known = await found.provider.users.map(\.subject)
        guard known.contains(subject) else {
            throw HarnessError("\(found.name) has no user \(subject); it has \(known.joined(separator: ", "))")
        }
        if onlyAccessTokens {
            await found.provider.revokeAccessTokens(of: subject)
        } else {
            await found.provider.revokeGrants(of: subject)
        }
    }

    var allUpstreams: [EmbeddedUpstream] {
        [EmbeddedUpstream(name: Self.upstream, provider: provider, isOAuth2: embedding.isFirstOAuth2)]
            + embedding.upstreams
    }

    /// The upstream of a name; the first one with `nil`.
    func upstreamParts(_ name: String?) throws(HarnessError) -> EmbeddedUpstream {
        let all = allUpstreams
        guard let found = all.first(where: { name == nil || $0.name == name }) else {
            let known = all.map(\.name).joined(separator: ", ")
            throw HarnessError("there is no upstream \(name ?? ""); there is \(known)")
        }
        return found
    }
}

/// A running identity provider, and the upstream that it is for the server.
struct EmbeddedUpstream: Sendable {
    let name: String
    let provider: DevelopmentIdentityProvider
    let isOAuth2: Bool
}
