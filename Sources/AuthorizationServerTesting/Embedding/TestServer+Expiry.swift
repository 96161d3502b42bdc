import AuthorizationServer
import DevelopmentIdentityProvider
import ServerConfiguration

extension TestServer {
    /// Moves the time past the end of every access token that the server has issued so far.
    public func expireAccessTokens() {
        advance(by: server.configuration.tokens.accessTokenLifetime + .seconds(1))
    }

    /// Moves the time past the end of every access token that the identity provider has issued so far; refresh tokens
    /// remain valid, so that the next retrieval refreshes.
    ///
    /// Access tokens of the server expire too, unless ``Options/accessTokenLifetime`` is longer.
    ///
    /// - Parameter upstream: At this upstream; at the first one with `nil`.
    /// - Throws: ``HarnessError`` when there is no such upstream, or its tokens never expire.
    public func expireUpstreamTokens(_ upstream: String? = nil) throws(HarnessError) {
        let found = try upstreamParts(upstream)
        guard let lifetime = found.provider.accessTokenLifetime(isOAuth2: found.isOAuth2) else {
            throw HarnessError("tokens of \(found.name) never expire; use revokeAtUpstream(_:onlyAccessTokens:)")
        }
        advance(by: lifetime + .seconds(1))
    }
}
