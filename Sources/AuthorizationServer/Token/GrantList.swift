import OAuthProtocol
import ServerConfiguration

/// The grants of a server.
struct GrantList: Sendable {
    /// Every grant that there is, in the order of the metadata: a new grant is one line here.
    static let all: [any Grant.Type] = [
        AuthorizationCodeGrant.self,
        RefreshTokenGrant.self,
        ClientCredentialsGrant.self,
        // Before the retrieval of upstream tokens, which has the same name and takes every other target.
        DelegationGrant.self,
        TokenExchangeGrant.self,
        DeviceCodeGrant.self,
        IdentityAssertionGrant.self,
        WorkloadAssertionGrant.self,
        AgentTokenGrant.self,
    ]

    /// The grants that a configuration asks for.
    let grants: [any Grant]

    /// The grants that the ground's configuration asks for.
    init(_ ground: GrantGround) {
        grants = Self.all.filter { $0.isOffered(ground.configuration) }.map { $0.init(ground) }
    }

    /// What the grants that a configuration asks for declare.
    static func declarations(_ configuration: Configuration) -> [GrantDeclaration] {
        all.filter { $0.isOffered(configuration) }.map { $0.declaration }
    }
}
