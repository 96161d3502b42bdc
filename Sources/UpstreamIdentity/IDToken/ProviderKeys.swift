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
        document = CachedDocument(lifetimes: ProviderKeys.lifetimes, timeSource: timeSource) {
            do throws(UpstreamError) {
                return .success(
                    try await ProviderKeys.fetch(exchange: exchange, endpoints: try await endpoints.value())
                )
            } catch {
                return .failure(error)
            }
        }
    }

    /// The cached keys, fetched at the first use.
    func current() async throws(UpstreamError) -> JSONWebKeySet {
        try await document.value()
    }

    /// Verifies a token's signature, by one of the algorithms.
    ///
    /// - Throws: ``UpstreamError`` `invalidIDToken`, or `temporarilyUnavailable` when newer keys might verify the
    ///   signature but cannot be fetched.
    func verify(_ token: CompactJWS, algorithms: Set<SignatureAlgorithm>) async throws(UpstreamError) {
        let keys = try await document.value()
        do throws(JOSEError) {
            try token.verify(with: keys, algorithms: algorithms)
        } catch {
            guard isWorthAsking(error, token) else { throw UpstreamError(error) }
            guard let renewed = try await document.renewedIfDue() else { throw UpstreamError(error) }
            do throws(JOSEError) {
                try token.verify(with: renewed, algorithms: algorithms)
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
        endpoints: UpstreamEndpoints
    ) async throws(UpstreamError) -> JSONWebKeySet {
        guard let url = endpoints.keySet else { throw UpstreamError(.misconfigured, "the provider has no key set") }
        let response = try await exchange.get(url)
        guard response.status == 200 else {
            let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
            throw error.isTemporary
                ? error : UpstreamError(.invalidResponse, "the key set is not available: status \(response.status)")
        }
        do {
            return try JSONWebKeySet(parsing: response.body)
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
