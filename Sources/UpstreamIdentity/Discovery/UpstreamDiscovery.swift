import OAuthProtocol
import OutboundHTTP

/// OpenID Connect Discovery 1.0: finds a provider's endpoints when they are first needed.
struct UpstreamDiscovery: Sendable {
    let exchange: UpstreamExchange
    let rule: IssuerRule
    let overrides: UpstreamEndpointOverrides
    /// Where the document is, if not where the issuer says.
    var namedURL: String?
    /// The key set, if the operator names it.
    var keySetURL: String?
    /// Whether the provider speaks OpenID Connect; for OAuth 2.0 alone RFC 8414's place is asked first.
    var isOpenID = true
    /// Whether users visit the provider; one that they do not visit may have no authorization endpoint (RFC 8414 §2).
    var hasLogins = true

    /// How long a document is used.
    static let lifetimes = CachedDocument<UpstreamEndpoints>.Lifetimes(
        fresh: .seconds(3600),
        stale: .seconds(86_400),
        attemptInterval: .seconds(30)
    )

    /// Fetches and checks the document, and reads its endpoints.
    func endpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        let (document, issuer) = try await document()
        return try UpstreamEndpoints(
            document: document,
            issuer: issuer,
            keySetURL: keySetURL,
            isOpenID: isOpenID,
            hasLogins: hasLogins,
            allowsInsecureHTTP: exchange.allowsInsecureHTTP
        ).overridden(by: overrides)
    }

    /// Fetches the document and checks its issuer.
    func document() async throws(UpstreamError) -> (document: JSONObject, issuer: String) {
        let response = try await availableDocument()
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
        return (document, issuer)
    }

    /// The document at the first of its places that has one.
    private func availableDocument() async throws(UpstreamError) -> OutboundResponse {
        var failure: UpstreamError?
        for url in documentURLs {
            let response: OutboundResponse
            do {
                response = try await exchange.document(at: url)
            } catch {
                // What the first place says is what the operator needs to know.
                throw failure ?? error
            }
            guard response.status != 200 else { return response }
            let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
            if error.isTemporary { throw failure ?? error }
            // No credentials were refused: the document is missing.
            failure =
                failure
                ?? UpstreamError(
                    .misconfigured,
                    "the discovery document is not available: status \(response.status)"
                )
        }
        throw failure ?? UpstreamError(.misconfigured, "the issuer has no place for a discovery document")
    }

    /// Where the document may be: at the named URL alone; otherwise as OpenID Connect Discovery 1.0 §4 and RFC 8414 §3
    /// say, the former first.
    private var documentURLs: [String] {
        if let namedURL { return [namedURL] }
        // OpenID Connect Discovery 1.0 §4: a final slash is removed before the path is added.
        let issuer = rule.configured.hasSuffix("/") ? String(rule.configured.dropLast()) : rule.configured
        let appended = issuer + "/.well-known/openid-configuration"
        guard let uri = URIReference(issuer), let host = uri.host else { return [appended] }
        let origin = "\(uri.scheme)://" + (uri.port.map { "\(host):\($0)" } ?? host)
        // RFC 8414 §3.1: the well-known part is inserted between host and path.
        let path = uri.path == "/" ? "" : uri.path
        let oauth = origin + "/.well-known/oauth-authorization-server" + path
        let inserted = path.isEmpty ? [] : [origin + "/.well-known/openid-configuration" + path]
        return isOpenID ? [appended, oauth] + inserted : [oauth] + inserted + [appended]
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
