import OAuthProtocol
package import UpstreamIdentity

extension Configuration.Upstream {
    /// What a chained upstream's tokens are exchanged for.
    package enum Exchange: String, CaseIterable, Hashable, Sendable {
        case identityAssertion = "identity_assertion"
        case tokenExchange = "token_exchange"
        case onBehalfOf = "on_behalf_of"
    }

    /// What only chained upstreams have.
    package struct Chain: Hashable, Sendable {
        /// The upstream where users log in.
        package var source = ""
        /// What its tokens are exchanged for.
        package var exchange = Exchange.identityAssertion
        /// Which of its tokens a token exchange presents.
        package var subject = SubjectTokenKind.accessToken

        /// The default way, from nowhere.
        package init() {}
    }

    /// The keys of `type: chained` alone.
    @KeyListBuilder<Configuration.Upstream> static var chainedServerKeys: [Key<Configuration.Upstream>] {
        Key(
            "from",
            \.chain.source,
            .text("name of an upstream", ConfigurationRules.upstreamNameObjection),
            default: "required for `chained`",
            """
            For `type: chained`: the upstream whose tokens are exchanged; a user who has not connected it is sent there. \
            Identity assertions (ID-JAG) and ID tokens need one that speaks OpenID Connect.
            """
        )
        Key(
            "exchange",
            \.chain.exchange,
            .choice,
            """
            For `type: chained`: `identity_assertion` for a foreign authorization server that accepts ID-JAGs, \
            `token_exchange` for a token of the same provider with another audience (RFC 8693), `on_behalf_of` for \
            Microsoft Entra.
            """
        )
        Key(
            "subject_token",
            \.chain.subject,
            .choice,
            "Which token of the login `exchange: token_exchange` presents."
        )
    }

    /// Another spelling of ``Chain/source``.
    package var source: String {
        get { chain.source }
        set { chain.source = newValue }
    }

    /// How its tokens follow from another upstream's; `nil` for an upstream of another type.
    package var chained: ChainedServer? {
        guard preset == .chained else { return nil }
        switch chain.exchange {
        case .identityAssertion:
            guard let issuer, let resource = server.resource else { return nil }
            return ChainedServer(source: source, issuer: issuer, resource: resource)
        case .tokenExchange:
            let target = ExchangeTarget(audience: machine.audience, resource: server.resource, subject: chain.subject)
            return ChainedServer(source: source, exchange: .tokenExchange(target))
        case .onBehalfOf: return ChainedServer(source: source, exchange: .onBehalfOf)
        }
    }
}

/// Checks the keys of `type: chained`, and that no other upstream has them.
struct ChainedServerCheck {
    let section: ConfigurationCursor

    private static let own = ["from", "exchange", "subject_token"]
    private static let keys: Set<String> = [
        "name", "type", "from", "exchange", "subject_token", "issuer", "resource", "audience", "token_endpoint",
        "login",
        "client_id", "client_secret", "token_endpoint_auth_method", "private_key", "private_key_algorithm",
        "private_key_id", "private_key_issuer", "scopes", "extras", "api", "allow_insecure_http",
        "allow_private_network",
    ]

    /// Reports what does not go together; `true` for a chained upstream, to which the other checks do not apply.
    func check(_ upstream: inout Configuration.Upstream) -> Bool {
        guard upstream.preset == .chained else {
            for key in Self.own { section[key]?.refuse("is only for type: chained") }
            return false
        }
        for (key, value) in section.entries() where !Self.keys.contains(key) {
            value.refuse("is not for type: chained, which no user visits")
        }
        section.require("from")
        if section["login"] != nil, upstream.login != .onDemand {
            section["login"]?.refuse("must be on_demand; no login visits a type: chained")
        }
        upstream.login = .onDemand
        checkExchange(upstream)
        // At the provider itself our client there can make the request.
        if upstream.chain.exchange == .identityAssertion || section["client_id"] != nil {
            UpstreamCredentialCheck(section: section).check(&upstream)
        } else {
            let keys = [
                "client_secret", "token_endpoint_auth_method", "private_key", "private_key_algorithm", "private_key_id",
                "private_key_issuer",
            ]
            for key in keys { section[key]?.refuse("needs client_id") }
        }
        return true
    }

    private func checkExchange(_ upstream: Configuration.Upstream) {
        let exchange = upstream.chain.exchange
        if exchange != .tokenExchange {
            for key in ["subject_token", "audience"] {
                section[key]?.refuse("is only for exchange: token_exchange")
            }
        }
        guard exchange != .identityAssertion else {
            for key in ["issuer", "resource"] { section.require(key) }
            return
        }
        for key in ["issuer", "token_endpoint"] {
            section[key]?.refuse("is only for exchange: identity_assertion; others ask the provider of from")
        }
        if exchange == .onBehalfOf {
            section["resource"]?.refuse("is not for exchange: on_behalf_of; scopes name the API")
            section.require("scopes", or: "they name the API, such as https://graph.microsoft.com/User.Read")
        } else if section["audience"] == nil, section["resource"] == nil, section["scopes"] == nil {
            section.require("audience", or: "without resource and scopes nothing says what the token is for")
        }
    }
}

/// Checks that `from` names an upstream whose tokens can be exchanged, when all upstreams are known.
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
            // What cannot be read is already reported.
            let chain = configuration.upstreams.first { $0.name == element["name"]?.text }?.chained
            if chain?.subject ?? .idToken == .idToken {
                if !upstream.preset.isOpenID {
                    source.refuse("\(name) does not speak OpenID Connect, so it has no ID tokens")
                }
            } else if !upstream.preset.isProvider {
                source.refuse("\(name) is of type: \(upstream.preset.name), whose tokens cannot be exchanged")
            }
        }
    }
}
