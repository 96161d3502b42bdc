import OAuthProtocol
import OutboundHTTP

/// Finds the authorization server of a protected MCP server (MCP 2026-07-28, Authorization Server Discovery).
///
/// The metadata at the path-inserted well-known address comes first, then what a 401 challenge names. Every request is
/// sent by the guarded client, because the server's answers choose the addresses.
struct ProtectedServerDiscovery: Sendable {
    let exchange: UpstreamExchange
    let server: ProtectedServer
    /// Whether the operator leaves the scopes to the server.
    let choosesScopes: Bool

    /// How long the result is used.
    static let lifetimes = CachedDocument<UpstreamEndpoints>.Lifetimes(
        fresh: .seconds(3600),
        stale: .seconds(86_400),
        attemptInterval: .seconds(30),
        boundsFirstAttempts: true
    )
    /// The most authorization servers and scopes that are read from a document.
    static let listCountMax = 64

    /// The endpoints of the server's authorization server, and the scopes that the server asks for.
    ///
    /// - Parameter pinned: The issuer that this server has used before; another one is refused, so that an MCP server
    ///   that is taken over cannot send users, or our refresh tokens, elsewhere.
    /// - Returns: The endpoints.
    /// - Throws: ``UpstreamError``, with the reason `issuer_changed`, `resource_mismatch` or `pkce_unsupported` where
    ///   it is one of these.
    func endpoints(pinned: String?) async throws(UpstreamError) -> UpstreamEndpoints {
        let (metadata, challenge) = try await metadata()
        let discovery = UpstreamDiscovery(
            exchange: exchange,
            rule: IssuerRule(configured: try issuer(in: metadata, pinned: pinned), behaviour: UpstreamBehaviour()),
            overrides: UpstreamEndpointOverrides(),
            isOpenID: false
        )
        var endpoints: UpstreamEndpoints
        do { endpoints = try await discovery.endpoints() } catch { throw error.because(.discoveryFailed) }
        // MCP 2026-07-28: clients refuse to proceed unless S256 is advertised.
        guard endpoints.codeChallengeMethods?.contains("S256") == true else {
            throw UpstreamError(.misconfigured, "the authorization server does not state that it supports PKCE S256")
                .because(.proofKeyUnsupported)
        }
        if choosesScopes {
            let named = challenge?.scopes ?? metadata["scopes_supported"]?.stringArrayValue ?? []
            endpoints.scopes = named.filter(ScopeSet.isToken).prefix(Self.listCountMax).map(\.self)
            // MCP 2026-07-28: a client that wants a refresh token asks for it where that is offered.
            if endpoints.offersOfflineAccess, !endpoints.scopes.contains("offline_access") {
                endpoints.scopes.append("offline_access")
            }
        }
        return endpoints
    }

    // RFC 9728 §3: at the well-known address of the server's URL, or where its challenge says.
    private func metadata() async throws(UpstreamError) -> (JSONObject, BearerChallenge?) {
        let wellKnown = try await exchange.document(at: try wellKnownURL())
        let error = UpstreamError(status: wellKnown.status, retryAfter: wellKnown.retryAfter)
        if wellKnown.status != 200, error.isTemporary { throw error }
        guard wellKnown.status == 200 else {
            guard let challenge = try await challenge(), let url = challenge.metadataURL else {
                throw UpstreamError(.misconfigured, "the server has no protected-resource metadata")
                    .because(.discoveryFailed)
            }
            let named = try await exchange.document(at: url)
            guard named.status == 200 else {
                throw UpstreamError(.misconfigured, "the protected-resource metadata has the status \(named.status)")
                    .because(.discoveryFailed)
            }
            return (try checked(named), challenge)
        }
        let document = try checked(wellKnown)
        // The scopes of a challenge take precedence; without one the metadata's are enough.
        let challenge = choosesScopes ? try? await challenge() : nil
        return (document, challenge)
    }

    private func wellKnownURL() throws(UpstreamError) -> String {
        guard let uri = URIReference(server.url), let host = uri.host else {
            throw UpstreamError(.misconfigured, "the server's URL is malformed")
        }
        let path = uri.path == "/" ? "" : uri.path
        return "\(uri.scheme)://\(host)\(uri.port.map { ":\($0)" } ?? "")/.well-known/oauth-protected-resource\(path)"
            + (uri.query.map { "?" + $0 } ?? "")
    }

    // A request without a token and without an effect: JSON-RPC's ping.
    private func challenge() async throws(UpstreamError) -> BearerChallenge? {
        let response = try await exchange.send(
            method: "POST",
            url: server.url,
            headerFields: [
                ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
            ],
            body: Array(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf8)
        )
        guard response.status == 401 else { return nil }
        return BearerChallenge(response.values(of: "WWW-Authenticate"))
    }

    // RFC 9728 §3.3: a document about another resource could make us get its tokens for this server.
    private func checked(_ response: OutboundResponse) throws(UpstreamError) -> JSONObject {
        let document: JSONObject
        do {
            document = try JSONParser.parseObject(response.body.withoutByteOrderMark)
        } catch {
            throw UpstreamError(.invalidResponse, "the protected-resource metadata is not a JSON object")
                .because(.discoveryFailed)
        }
        guard let resource = document["resource"]?.stringValue,
            Self.folded(resource).hasSameBytes(as: Self.folded(server.identifier))
        else {
            throw UpstreamError(.misconfigured, "the protected-resource metadata is about another resource")
                .because(.resourceMismatch)
        }
        return document
    }

    // RFC 3986 §6.2.3: an empty path of an http URL is the same as a slash.
    private static func folded(_ resource: String) -> String {
        URIReference(resource)?.path == "/" && resource.hasSuffix("/") ? String(resource.dropLast()) : resource
    }

    private func issuer(in metadata: JSONObject, pinned: String?) throws(UpstreamError) -> String {
        let named = metadata["authorization_servers"]?.stringArrayValue?.prefix(Self.listCountMax) ?? []
        guard let pinned else {
            guard let first = named.first else {
                throw UpstreamError(.misconfigured, "the protected-resource metadata names no authorization server")
                    .because(.discoveryFailed)
            }
            try UpstreamURL.check(first, what: "issuer", allowsInsecureHTTP: exchange.allowsInsecureHTTP)
            return first
        }
        guard named.contains(where: { $0.hasSameBytes(as: pinned) }) else {
            throw UpstreamError(
                .misconfigured,
                "the server no longer names the authorization server that it had before"
            )
            .because(.issuerChanged)
        }
        return pinned
    }
}
