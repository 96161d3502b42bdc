import OAuthProtocol
import OAuthState
import ServerConfiguration

/// Tokens for agents, where the operator wants them.
struct AgentFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        guard let agents = parts.agentTokens else {
            endpoints = []
            return
        }
        let access = AgentAccess(access: parts.resourceAccess, resources: parts.resources)
        endpoints = [
            AgentsEndpoint(access: access, agents: agents), AgentEndpoint(access: access, agents: agents),
        ]
    }
}

extension ServerParts {
    /// Makes and ends agents; `nil` where the operator does not want them.
    var agentTokens: AgentTokens? {
        guard configuration.agents.isEnabled else { return nil }
        return AgentTokens(
            settings: configuration.agents,
            resources: resources,
            sessions: stores.sessions,
            admission: accountAdmission,
            random: environment.random,
            audit: audit
        )
    }
}
