package import Logging
package import OAuthProtocol
package import OutboundHTTP

/// RFC 7517 §5: the keys of an issuer whose assertions are accepted, although no user logs in there.
///
/// Fetched when an assertion first needs them, by one request for all waiting callers; an unknown key, and an issuer
/// that does not answer, cause at most one request in 30 s. Without a configured key set URL, the URL is the one in the
/// issuer's discovery document, whose `issuer` must be the configured one, byte for byte.
package struct TrustedIssuerKeys: Sendable {
    private let keys: ProviderKeys
    private let logger: Logger

    private static let lifetimes: CachedDocument<JSONWebKeySet>.Lifetimes = {
        var lifetimes = ProviderKeys.lifetimes
        lifetimes.boundsFirstAttempts = true
        return lifetimes
    }()

    /// The largest document and the longest wait.
    private static let limits = OutboundRequest.Limits(totalTimeout: .seconds(10), responseBytesMax: 1 << 20)

    /// Keys of an issuer; nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - issuer: The issuer, byte for byte.
    ///   - keySetURL: Where its keys are; `nil` for discovery (OpenID Connect Discovery 1.0 §4).
    ///   - transport: Sends the requests.
    ///   - addressPolicy: The addresses that may be connected to.
    ///   - allowsInsecureHTTP: Whether the URLs may be plain http, for development.
    ///   - timeSource: The wall clock.
    ///   - logger: Receives failures.
    package init(
        issuer: String,
        keySetURL: String?,
        transport: any OutboundTransport,
        addressPolicy: AddressPolicy,
        allowsInsecureHTTP: Bool,
        timeSource: any TimeSource,
        logger: Logger
    ) {
        let exchange = UpstreamExchange(
            transport: transport,
            addressPolicy: addressPolicy,
            limits: Self.limits,
            allowsInsecureHTTP: allowsInsecureHTTP
        )
        let discovery = UpstreamDiscovery(
            exchange: exchange,
            rule: IssuerRule(configured: issuer, behaviour: UpstreamBehaviour()),
            overrides: UpstreamEndpointOverrides()
        )
        keys = ProviderKeys(exchange: exchange, lifetimes: Self.lifetimes, timeSource: timeSource) {
            () async throws(UpstreamError) in
            if let keySetURL { return keySetURL }
            // A workload issuer's document has no endpoints for logins, so only this one member is read.
            return try await discovery.document().document["jwks_uri"]?.stringValue
        }
        var logger = logger
        logger[metadataKey: "issuer"] = .string(issuer)
        self.logger = logger
    }

    /// The cached keys, fetched at the first use.
    ///
    /// - Throws: ``UpstreamError`` when they cannot be fetched now, or could not be within the last 30 s.
    package func current() async throws(UpstreamError) -> JSONWebKeySet {
        do {
            return try await keys.current()
        } catch {
            logger.warning("a trusted issuer's keys are not available", metadata: ["reason": .string(error.reason)])
            throw error
        }
    }

    /// Newly fetched keys, because the cached ones do not verify a signature; `nil` if they were fetched within the
    /// last 30 s.
    ///
    /// - Throws: ``UpstreamError`` when they cannot be fetched now.
    package func renewed() async throws(UpstreamError) -> JSONWebKeySet? {
        try await keys.renewed()
    }
}
