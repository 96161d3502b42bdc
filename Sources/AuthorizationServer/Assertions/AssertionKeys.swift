import OAuthProtocol
import UpstreamIdentity

/// RFC 7517: where the keys of an assertion's issuer come from: what the operator configured.
///
/// Never from the assertion (D-32).
protocol AssertionKeys: Sendable {
    /// The keys that are known, fetched at the first use.
    ///
    /// - Throws: ``AssertionRefusal`` when there are none, or none can be fetched now.
    func keys(_ context: RequestContext) async throws(AssertionRefusal) -> JSONWebKeySet
    /// The keys after another fetch, because the known ones do not verify a signature; `nil` when they were fetched
    /// very recently, or cannot be.
    func renewedKeys(_ context: RequestContext) async -> JSONWebKeySet?
}

extension TrustedIssuerKeys: AssertionKeys {
    func keys(_ context: RequestContext) async throws(AssertionRefusal) -> JSONWebKeySet {
        // The cause is logged where it occurs, and concerns the operator, not the client.
        do { return try await current() } catch { throw .unavailable }
    }

    func renewedKeys(_ context: RequestContext) async -> JSONWebKeySet? {
        // A failure to renew leaves the signature unverified, which is refused.
        try? await renewed()
    }
}
