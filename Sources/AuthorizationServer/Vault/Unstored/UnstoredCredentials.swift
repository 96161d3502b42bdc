import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// Tokens that no connection holds and that are in memory alone: of chained upstreams, and the operator's own.
///
/// They are obtained anew at any time, so storing them would only add a place from which they can be stolen.
package struct UnstoredCredentials: Sendable {
    let chained: ChainedCredentials
    let machine: MachineCredentials

    /// The token of a session at such an upstream; `nil` for an upstream of another type.
    func credential(
        _ query: UpstreamCredentials.Query,
        at provider: UpstreamProvider,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamCredential? {
        if let chain = provider.chained {
            return try await chained.credential(query, at: provider, chain: chain, context: context)
        }
        guard provider.machine != nil else { return nil }
        return try await machine.credential(query, at: provider, context: context)
    }

    /// Forgets the token that a resource server reports as refused (VR-12).
    ///
    /// - Returns: Whether it was the one that is kept, or none is; `nil` for an upstream of another type.
    /// - Throws: As ``credential(_:at:context:)`` where the session has no right to it.
    func report(
        _ query: UpstreamCredentials.Query,
        fingerprint: String?,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> Bool? {
        if let isMeant = try await chained.report(query, fingerprint: fingerprint) { return isMeant }
        return try await machine.report(query, fingerprint: fingerprint, context: context)
    }
}
