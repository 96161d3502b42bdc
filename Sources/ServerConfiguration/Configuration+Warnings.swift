import OAuthProtocol
import SocketHTTP
import UpstreamIdentity

/// Something that a configuration permits, and that an operator may not have intended.
package struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
    /// The key's path.
    package var path: String

    /// What follows from the value, and how to change or confirm it.
    package var message: String

    /// Makes a warning.
    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// One line: path and message.
    package var description: String { "\(path): \(message)" }
}

extension Configuration {
    /// What `check-config` prints and a start logs, besides errors and what follows from a provider's preset.
    package var warnings: [ConfigurationWarning] {
        listenerWarnings + proxyWarnings + managementWarnings + upstreamWarnings
    }

    private var expectsProxy: Bool { !issuer.isLoopback && listen.contains { $0.tls == nil } }

    private var listenerWarnings: [ConfigurationWarning] {
        guard !issuer.isLoopback else { return [] }
        return listen.enumerated().filter { $1.tls == nil && !$1.address.ip.isLoopback }.map { index, listener in
            ConfigurationWarning(
                path: "listen[\(index)].address",
                message: """
                    plain HTTP on \(listener.address) although the issuer is https: codes, tokens and cookies cross the \
                    network unencrypted; add listen[\(index)].tls, or use an address that only the proxy reaches
                    """
            )
        }
    }

    private var proxyWarnings: [ConfigurationWarning] {
        guard expectsProxy, trustedProxies.isEmpty else { return [] }
        return [
            ConfigurationWarning(
                path: "trusted_proxies",
                message: """
                    the issuer is https and a listener speaks plain HTTP, but no proxy is trusted: all users have the \
                    proxy's address and share one allowance of every limit; list the proxy here
                    """
            )
        ]
    }

    private var managementWarnings: [ConfigurationWarning] {
        guard management.adminToken != nil, management.tls == nil, !management.address.ip.isLoopback else { return [] }
        return [
            ConfigurationWarning(
                path: "management.allow_plain_http",
                message: "the administrator's token crosses the network unencrypted; add management.tls"
            )
        ]
    }

    private var upstreamWarnings: [ConfigurationWarning] {
        upstreams.enumerated().filter { _, upstream in
            !upstream.admitsAnyone && upstream.requiredClaims.isEmpty
                && upstream.preset.isPublic(issuer: upstream.issuer)
        }
        .map { index, upstream in
            ConfigurationWarning(
                path: "upstreams[\(index)].required_claims",
                message: """
                    everybody with an account at \(upstream.preset.name) may log in; add required_claims, or confirm it \
                    with upstreams[\(index)].anyone: true
                    """
            )
        }
    }
}
