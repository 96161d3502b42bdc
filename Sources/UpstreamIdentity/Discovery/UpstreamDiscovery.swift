import OAuthProtocol
import OutboundHTTP

/// OpenID Connect Discovery 1.0: finds a provider's endpoints when they are first needed.
struct UpstreamDiscovery: Sendable {
    let exchange: UpstreamExchange
    let rule: IssuerRule
    let overrides: UpstreamEndpointOverrides

    /// How long a document is used.
    static let lifetimes = CachedDocument<UpstreamEndpoints>.Lifetimes(
        fresh: .seconds(3600),
        stale: .seconds(86_400),
        attemptInterval: .seconds(30)
    )

    /// Fetches and checks the document.
    func endpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        let response = try await exchange.get(documentURL)
        guard response.status == 200 else {
            let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
            // No credentials were refused: the document is missing.
            guard error.isTemporary else {
                throw UpstreamError(
                    .misconfigured,
                    "the discovery document is not available: status \(response.status)"
                )
            }
            throw error
        }
        let document: JSONObject
        do {
            document = try JSONParser.parseObject(response.body)
        } catch {
            throw UpstreamError(.invalidResponse, "the discovery document is not a JSON object: \(error)")
        }
        let issuer = document["issuer"]?.stringValue ?? ""
        guard rule.accepts(documentIssuer: issuer) else {
            throw UpstreamError(
                .misconfigured,
                "the discovery document names the issuer \(issuer.shownAsURL), not the configured one"
            )
        }
        return try UpstreamEndpoints(
            document: document,
            issuer: issuer,
            allowsInsecureHTTP: exchange.allowsInsecureHTTP
        ).overridden(by: overrides)
    }

    /// OpenID Connect Discovery 1.0 §4: a final slash is removed before the path is added.
    private var documentURL: String {
        let issuer = rule.configured
        return (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }
}

extension String {
    /// The text if it is short and consists of URL characters; logged so that the operator sees what to configure.
    fileprivate var shownAsURL: String {
        let isURL =
            1...200 ~= utf8.count
            && utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        return isURL ? self : "(unreadable)"
    }
}
