import ArgumentParser

/// The kinds of load, by the names that the command line takes.
enum ScenarioID: String, CaseIterable, ExpressibleByArgument, Codable {
    case jwks
    case metadata
    case introspection
    case vault
    case refresh
    case clientCredentials = "client-credentials"
    case upstreamRefresh = "upstream-refresh"
    case mix
    // Those that leave something behind for good come last.
    case redemption
    case flow
    case registration

    /// What the table calls it.
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

    /// What it is measured by.
    enum Limit {
        /// What the core could sign: each operation needs one signature.
        case signatures
        /// What the same server does when it only has to hand out bytes.
        case keySet
    }

    var limit: Limit {
        switch self {
        case .refresh, .clientCredentials, .redemption, .flow: .signatures
        case .jwks, .metadata, .introspection, .vault, .upstreamRefresh, .mix, .registration: .keySet
        }
    }
}
