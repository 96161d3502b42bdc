import OAuthProtocol

/// An upstream whose token belongs to the operator and not to a user: no user visits it or connects it.
package enum MachineConnection: Hashable, Sendable {
    /// RFC 6749 §4.4: our client's own tokens.
    case client(MachineClient)
    /// An installation of a GitHub App.
    case installation(GitHubInstallation)
}

/// RFC 6749 §4.4: our client at an authorization server, which gets tokens on its own behalf.
package struct MachineClient: Hashable, Sendable {
    /// The issuer, whose metadata names the token endpoint (RFC 8414); `nil` where the endpoint is configured.
    package var issuer: String?
    /// RFC 8707: the resource that the tokens are for; `nil` sends none.
    package var resource: String?
    /// What some servers have in its place; `nil` sends none.
    package var audience: String?

    /// A client at a server.
    package init(issuer: String? = nil, resource: String? = nil, audience: String? = nil) {
        self.issuer = issuer
        self.resource = resource
        self.audience = audience
    }
}

/// An installation of the operator's GitHub App, and what its tokens may do.
package struct GitHubInstallation: Hashable, Sendable {
    /// The URL of GitHub's API.
    package var api: String
    /// The installation's number.
    package var id: String
    /// The names of the repositories that tokens are for; empty for all of the installation.
    package var repositories: [String]
    /// What tokens may do, such as `contents: read`; empty for all that the installation may.
    package var permissions: [UpstreamParameter]

    /// The API of github.com.
    package static let publicAPI = "https://api.github.com"
    /// The most repositories that a request may name.
    package static let repositoryCountMax = 500

    /// An installation at an API, ours or another.
    package init(
        api: String = GitHubInstallation.publicAPI,
        id: String,
        repositories: [String] = [],
        permissions: [UpstreamParameter] = []
    ) {
        self.api = api
        self.id = id
        self.repositories = repositories
        self.permissions = permissions
    }
}

extension UpstreamPreset {
    /// Tokens of our own client.
    package static let clientCredentials: UpstreamPreset = {
        var preset = UpstreamPreset("client_credentials", .machine)
        preset.note = "the operator's own token by client credentials: no user connects it"
        return preset
    }()

    /// Tokens of a GitHub App's installation.
    package static let installation: UpstreamPreset = {
        var preset = UpstreamPreset("github_installation", .machine)
        preset.note = "the operator's own token of a GitHub App's installation: no user connects it"
        preset.behaviour.scopeSemantics = .permissions
        return preset
    }()
}
