import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// RFC 7517: a provider's keys, fetched when needed and again when a token names an unknown key.
struct ProviderKeys: Sendable {
    private let document: CachedDocument<JSONWebKeySet>

    /// How long keys are used, and how often an unknown key id causes a request: foreign tokens with made-up key ids
    /// must not make this server flood the provider.
    static let lifetimes = CachedDocument<JSONWebKeySet>.Lifetimes(
        fresh: .seconds(900),
        stale: .seconds(86_400),
        attemptInterval: .seconds(30)
    )

    init(
        exchange: UpstreamExchange,
        endpoints: CachedDocument<UpstreamEndpoints>,
        timeSource: any TimeSource
    ) {
        self.init(exchange: exchange, lifetimes: ProviderKeys.lifetimes, timeSource: timeSource) {
            () async throws(UpstreamError) in
            try await endpoints.value().keySet
        }
    }

    /// Keys at a URL that is looked up before each fetch.
    init(
        exchange: UpstreamExchange,
        lifetimes: CachedDocument<JSONWebKeySet>.Lifetimes,
        timeSource: any TimeSource,
        url: @escaping @Sendable () async throws(UpstreamError) -> String?
    ) {
        document = CachedDocument(lifetimes: lifetimes, timeSource: timeSource) {
            do throws(UpstreamError) {
                return .success(try await ProviderKeys.fetch(exchange: exchange, url: try await url()))
            } catch {
                // The discovery document has failed first.
                return .failure(error.closerReason == nil ? error.because(.keysUnavailable) : error)
            }
        }
    }

    /// The cached keys, fetched at the first use.
    func current() async throws(UpstreamError) -> JSONWebKeySet {
        try await document.value()
    }

    /// Newly fetched keys; `nil` if they were fetched very recently.
    func renewed() async throws(UpstreamError) -> JSONWebKeySet? {
        try await document.renewedIfDue()
    }

    /// Verifies a token's signature, by one of the algorithms.
    ///
    /// - Throws: ``UpstreamError`` `invalidIDToken`, or `temporarilyUnavailable` when newer keys might verify the
    ///   signature but cannot be fetched.
    ///
    /// `keyTrialsMax` bounds the work for a token without `kid`.
    func verify(
        _ token: CompactJWS,
        algorithms: Set<SignatureAlgorithm>,
        keyTrialsMax: Int = CompactJWS.keyTrialsMax
    ) async throws(UpstreamError) {
        let keys = try await document.value()
        do throws(JOSEError) {
            try token.verify(with: keys, algorithms: algorithms, keyTrialsMax: keyTrialsMax)
        } catch {
            guard isWorthAsking(error, token) else { throw UpstreamError(error) }
            guard let renewed = try await document.renewedIfDue() else { throw UpstreamError(error) }
            do throws(JOSEError) {
                try token.verify(with: renewed, algorithms: algorithms, keyTrialsMax: keyTrialsMax)
            } catch {
                throw UpstreamError(error)
            }
        }
    }

    /// After a key change the provider signs with an unknown key; without `kid`, that shows as a bad signature.
    private func isWorthAsking(_ error: JOSEError, _ token: CompactJWS) -> Bool {
        error == .unknownKey || (error == .invalidSignature && token.header.keyID == nil)
    }

    private static func fetch(
        exchange: UpstreamExchange,
        url: String?
    ) async throws(UpstreamError) -> JSONWebKeySet {
        guard let url else { throw UpstreamError(.misconfigured, "the provider has no key set") }
        let response = try await exchange.document(at: url)
        guard response.status == 200 else {
            let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
            throw error.isTemporary
                ? error : UpstreamError(.invalidResponse, "the key set is not available: status \(response.status)")
        }
        do {
            return try JSONWebKeySet(parsing: response.body.withoutByteOrderMark, from: .provider)
        } catch {
            throw UpstreamError(.invalidResponse, "the key set is unusable: \(error)")
        }
    }
}

extension UpstreamError {
    /// The failure that a refused token means.
    init(_ error: JOSEError) {
        self.init(.invalidIDToken, error.description)
    }
}
