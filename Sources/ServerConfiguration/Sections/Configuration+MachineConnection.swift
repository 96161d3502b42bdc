import OAuthProtocol
package import UpstreamIdentity

extension Configuration.Upstream {
    /// What only the operator's own connections have (`type: client_credentials`, `type: github_installation`).
    package struct Machine: Hashable, Sendable {
        /// The `audience` of requests for tokens; a chained upstream's, too.
        package var audience: String?
        /// The number of a GitHub App's installation.
        package var installation = ""
        /// The URL of GitHub's API.
        package var api: String?
        /// The repositories that tokens of the installation are for.
        package var repositories: [String] = []
        /// What tokens of the installation may do.
        package var permissions: [UpstreamParameter] = []
        /// The scopes of ours without which an access token gets no token of the operator's.
        package var requiredScopes: [String] = []

        /// Nothing.
        package init() {}
    }

    /// The keys of the operator's own connections.
    @KeyListBuilder<Configuration.Upstream> static var machineKeys: [Key<Configuration.Upstream>] {
        Key(
            "audience",
            \.machine.audience,
            .text("text", ConfigurationRules.audienceObjection),
            default: "none",
            """
            The `audience` that is asked for, for `type: client_credentials` and for `exchange: token_exchange`, where the \
            server has no `resource`.
            """
        )
        Key(
            "installation",
            \.machine.installation,
            .text("number", ConfigurationRules.installationObjection),
            default: "required for `github_installation`",
            "The number of the GitHub App's installation, as the address of its page has it."
        )
        Key(
            "api_base_url",
            \.machine.api,
            .endpoint,
            default: "`https://api.github.com`",
            "The URL of GitHub's API, for `type: github_installation`: at GitHub Enterprise Server `https://HOST/api/v3`."
        )
        Key(
            "repositories",
            \.machine.repositories,
            .texts("list of names", ConfigurationRules.repositoryObjection),
            default: "all of the installation",
            "The names of the repositories that the installation's tokens are for, without their owner."
        )
        Key(
            "permissions",
            \.machine.permissions,
            .permissions,
            default: "all of the installation",
            "What the installation's tokens may do, such as `{contents: read}`."
        )
        Key(
            "required_scopes",
            \.machine.requiredScopes,
            .texts("list of scopes", ConfigurationRules.scopeObjection),
            """
            For the operator's own connections: the scopes of this server that the presented access token must have. Who \
            may use one is further limited by `allow`, and by the resources that list it in `upstreams`.
            """
        )
    }

    /// Whether its tokens belong to the operator and not to a user.
    package var isMachine: Bool { preset == .clientCredentials || preset == .installation }

    /// The operator's own connection that it is; `nil` for an upstream of another type.
    package var machineConnection: MachineConnection? {
        switch preset {
        case .clientCredentials:
            .client(MachineClient(issuer: issuer, resource: server.resource, audience: machine.audience))
        case .installation:
            .installation(
                GitHubInstallation(
                    api: machine.api ?? GitHubInstallation.publicAPI,
                    id: machine.installation,
                    repositories: machine.repositories,
                    permissions: machine.permissions
                )
            )
        default: nil
        }
    }
}

/// Checks the keys of the operator's own connections, and that no other upstream has them.
struct MachineConnectionCheck {
    let section: ConfigurationCursor

    private static let common: Set<String> = [
        "name", "type", "login", "client_id", "private_key", "allow", "required_scopes", "api", "allow_insecure_http",
        "allow_private_network",
    ]
    private static let client: Set<String> = [
        "issuer", "token_endpoint", "resource", "audience", "client_secret", "token_endpoint_auth_method",
        "private_key_algorithm", "private_key_id", "private_key_issuer", "scopes", "extras",
    ]
    private static let installation: Set<String> = ["installation", "api_base_url", "repositories", "permissions"]

    /// Reports what does not go together; `true` for an operator's own connection, to which the other checks do not
    /// apply.
    func check(_ upstream: inout Configuration.Upstream) -> Bool {
        let isClient = upstream.preset == .clientCredentials
        guard upstream.isMachine else {
            // A chained upstream names the keys that it has.
            guard upstream.preset != .chained else { return false }
            for key in Self.installation.sorted() { section[key]?.refuse("is only for type: github_installation") }
            section["required_scopes"]?.refuse("is only for type: client_credentials and type: github_installation")
            section["audience"]?.refuse("is only for type: client_credentials and type: chained")
            return false
        }
        let keys = Self.common.union(isClient ? Self.client : Self.installation)
        for (key, value) in section.entries() where !keys.contains(key) {
            value.refuse("is not for type: \(upstream.preset.name), which no user visits")
        }
        if section["login"] != nil, upstream.login != .onDemand {
            section["login"]?.refuse("must be on_demand; no login visits a type: \(upstream.preset.name)")
        }
        upstream.login = .onDemand
        if isClient { checkServer() } else { checkInstallation(upstream) }
        UpstreamCredentialCheck(section: section).check(&upstream)
        if upstream.tokenEndpointAuthMethod == .some(.none) {
            section["token_endpoint_auth_method"]?.refuse(
                "must not be none: only a client that authenticates gets tokens"
            )
        }
        return true
    }

    private func checkServer() {
        guard section["token_endpoint"] == nil, section["issuer"] == nil else { return }
        section.require("issuer", or: "without token_endpoint it says where tokens are asked for")
    }

    private func checkInstallation(_ upstream: Configuration.Upstream) {
        for key in ["installation", "private_key"] { section.require(key) }
        if upstream.machine.repositories.count > GitHubInstallation.repositoryCountMax {
            section["repositories"]?.refuse("names more than \(GitHubInstallation.repositoryCountMax) repositories")
        }
    }
}

/// Checks that `required_scopes` are scopes of this server, when those are known.
struct RequiredScopeCheck {
    let file: ConfigurationCursor
    let configuration: Configuration

    /// Checks every upstream.
    func check() {
        for (index, upstream) in configuration.upstreams.enumerated() where upstream.isMachine {
            for scope in upstream.machine.requiredScopes where !configuration.scopes.contains(scope) {
                // An entry that could not be read shifts the others, and stops the start anyway.
                guard let elements = file["upstreams"]?.elements(), elements.indices.contains(index) else { continue }
                elements[index]["required_scopes"]?.refuse("\(scope) is not one of the server's scopes")
            }
        }
    }
}

extension ConfigurationRules {
    static func audienceObjection(_ text: String) -> String? {
        1...512 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
            ? nil : "must be at most 512 printable characters without spaces"
    }

    static func installationObjection(_ text: String) -> String? {
        1...20 ~= text.utf8.count && text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? nil : "must be a number"
    }

    /// GitHub's rule for names of repositories; an owner before a slash is not a part of it.
    static func repositoryObjection(_ text: String) -> String? {
        let isName =
            1...100 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte || [0x2D, 0x2E, 0x5F].contains(byte)
            }
        return isName ? nil : "\(text) is not the name of a repository, which has no owner and no slash"
    }
}

extension Format where Value == [UpstreamParameter] {
    /// A map of GitHub's permissions to what is granted of each.
    static var permissions: Format {
        let levels = ["read", "write", "admin"]
        return Format(
            "map of permissions to `read`, `write`, `admin`",
            schema: .map(to: ["enum": .strings(levels)]),
            read: { cursor, _ in
                cursor.entries().compactMap { name, value in
                    value.choice(among: levels, named: \.self).map { UpstreamParameter(name: name, value: $0) }
                }
            },
            write: { .object(JSONObject($0.map { ($0.name, .string($0.value)) })) }
        )
    }
}
