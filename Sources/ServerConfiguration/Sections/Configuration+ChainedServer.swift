import OAuthProtocol
package import UpstreamIdentity

extension Configuration.Upstream {
    /// The key of `type: chained` alone.
    @KeyListBuilder<Configuration.Upstream> static var chainedServerKeys: [Key<Configuration.Upstream>] {
        Key(
            "from",
            \.source,
            .text("name of an upstream", ConfigurationRules.upstreamNameObjection),
            default: "required for `chained`",
            """
            For `type: chained`: the OpenID Connect upstream whose ID tokens are exchanged for identity assertions (ID-JAG); \
            who has not connected it is sent there.
            """
        )
    }

    /// The foreign authorization server that it is; `nil` for an upstream of another type.
    package var chained: ChainedServer? {
        guard preset == .chained, let issuer, let resource = server.resource else { return nil }
        return ChainedServer(source: source, issuer: issuer, resource: resource)
    }
}

/// Checks the keys of `type: chained`, and that no other upstream has them.
struct ChainedServerCheck {
    let section: ConfigurationCursor

    private static let keys: Set<String> = [
        "name", "type", "from", "issuer", "resource", "token_endpoint", "login", "client_id", "client_secret",
        "token_endpoint_auth_method", "private_key", "private_key_algorithm", "private_key_id", "private_key_issuer",
        "scopes", "extras", "api", "allow_insecure_http", "allow_private_network",
    ]

    /// Reports what does not go together; `true` for a foreign authorization server, to which the other checks do not
    /// apply.
    func check(_ upstream: inout Configuration.Upstream) -> Bool {
        guard upstream.preset == .chained else {
            section["from"]?.refuse("is only for type: chained")
            return false
        }
        for (key, value) in section.entries() where !Self.keys.contains(key) {
            value.refuse("is not for type: chained, which no user visits")
        }
        for key in ["from", "issuer", "resource"] { section.require(key) }
        if section["login"] != nil, upstream.login != .onDemand {
            section["login"]?.refuse("must be on_demand; no login visits a type: chained")
        }
        upstream.login = .onDemand
        UpstreamCredentialCheck(section: section).check(&upstream)
        return true
    }
}

/// Checks that `from` names an upstream whose ID tokens can be exchanged, when all upstreams are known.
struct ChainedSourceCheck {
    let file: ConfigurationCursor
    let configuration: Configuration

    /// Checks every upstream.
    func check() {
        guard case .list? = file["upstreams"]?.node.content else { return }
        for element in file["upstreams"]?.elements() ?? [] {
            guard let source = element["from"], let name = source.text, !source.isRefused else { continue }
            guard let upstream = configuration.upstreams.first(where: { $0.name == name }) else {
                let hint = NearestName.of(name, among: configuration.upstreams.map(\.name))
                source.refuse("\(name) is not a configured upstream" + (hint.map { "; did you mean \($0)?" } ?? ""))
                continue
            }
            if !upstream.preset.isOpenID {
                source.refuse("\(name) does not speak OpenID Connect, so it has no ID tokens")
            }
        }
    }
}
