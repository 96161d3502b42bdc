import OAuthProtocol
import OAuthState

/// RFC 8707 §2: the sessions of a fleet's members.
extension AuthorizationStoreConformance {
    // A pattern that the resource's address does not match registers nothing; one that it matches does.
    static func withheldFromFleet(_ store: any AuthorizationStore) async throws {
        for (text, isMember) in [("https://*.mcp.example.com/mcp", false), ("https://*.example.com/mcp", true)] {
            var conditions = RefreshConditions(neededUpstreams: [:])
            conditions.fleets = ResourcePattern(text).map { [.init(pattern: $0, upstreams: [])] } ?? []
            let outcome = try await store.rotate(
                StoreSample.use(generation: 1),
                under: conditions,
                now: StoreSample.now
            )
            .outcome
            let isRefreshed = if case .rotated = outcome { true } else { false }
            try requireEqual(isRefreshed, isMember, "whether a session goes on under \(text)")
        }
    }
}
