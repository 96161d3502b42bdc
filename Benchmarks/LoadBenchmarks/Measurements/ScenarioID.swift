import ArgumentParser

/// The kinds of load, with their names on the command line.
enum ScenarioID: String, CaseIterable, ExpressibleByArgument, Codable {
    case jwks
    case metadata
    case introspection
    case vault
    case refresh
    case clientCredentials = "client-credentials"
    case upstreamRefresh = "upstream-refresh"
    case mix
    // Those that leave data behind come last.
    case redemption
    case flow
    case registration

    /// The name in the table.
    var title: String {
        switch self {
        case .jwks: "JWKS"
        case .metadata: "metadata"
        case .introspection: "introspection, token seen"
        case .vault: "vault retrieval, token seen"
        case .refresh: "refresh grant"
        case .clientCredentials: "client credentials"
        case .upstreamRefresh: "vault retrieval with upstream refresh"
        case .mix: "realistic mix"
        case .redemption: "code redemption"
        case .flow: "whole authorization flow"
        case .registration: "registration"
        }
    }

    /// What a scenario's rate is compared with.
    enum Limit {
        /// The core's signature rate: each operation needs one signature.
        case signatures
        /// The rate of the same server when it only sends prepared bytes.
        case keySet
    }

    var limit: Limit {
        switch self {
        case .refresh, .clientCredentials, .redemption, .flow: .signatures
        case .jwks, .metadata, .introspection, .vault, .upstreamRefresh, .mix, .registration: .keySet
        }
    }
}
