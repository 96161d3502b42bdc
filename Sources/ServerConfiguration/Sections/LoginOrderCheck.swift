import OAuthProtocol
import UpstreamIdentity

/// Checks that each login for a resource visits an upstream that tells who the user is.
struct LoginOrderCheck {
    let section: ConfigurationCursor
    let configuration: Configuration

    /// Refuses a resource whose users no upstream identifies, and rules for upstreams that it does not use.
    func check(_ resource: Configuration.Resource) {
        for name in resource.logins.keys.sorted() {
            if !resource.upstreams.contains(name) {
                section["login"]?[name]?.refuse("\(name) is not one of this resource's upstreams")
            } else if let preset = upstream(name)?.preset, !preset.isVisited,
                resource.logins[name] != .onDemand
            {
                section["login"]?[name]?.refuse("must be on_demand; no login visits a type: \(preset.name)")
            }
        }
        if let name = resource.identity ?? configuration.identity {
            // An unknown name is already reported.
            guard let upstream = upstream(name), !upstream.identifiesUsers else { return }
            let reason = "\(name) \(cause(upstream)) and cannot tell who the user is"
            if let own = section["identity"] { own.refuse(reason) } else { section.refuse("identity: " + reason) }
            return
        }
        checkFirst(resource)
    }

    // A user must be known before tokens that name no user can be kept.
    private func checkFirst(_ resource: Configuration.Resource) {
        let isOwn = !resource.upstreams.isEmpty
        let chain = isOwn ? resource.upstreams.compactMap(upstream) : configuration.upstreams
        guard let first = chain.first(where: { need($0, resource) != .onDemand }) else {
            if !chain.isEmpty {
                section.reportMissing(
                    "identity",
                    "no login visits any of its upstreams, so name the one that users log in with"
                )
            }
            return
        }
        guard !first.identifiesUsers else { return }
        let reason = "\(first.name) \(cause(first)); first an upstream is needed that tells who the user is"
        if isOwn {
            section["upstreams"]?.refuse(reason)
        } else {
            section.reportMissing("upstreams", reason)
        }
    }

    private func cause(_ upstream: Configuration.Upstream) -> String {
        upstream.preset.isProvider ? "has identity: none" : "is of type: \(upstream.preset.name)"
    }

    private func need(_ upstream: Configuration.Upstream, _ resource: Configuration.Resource) -> LoginNeed {
        resource.logins[upstream.name] ?? upstream.login
    }

    private func upstream(_ name: String) -> Configuration.Upstream? {
        configuration.upstreams.first { $0.name == name }
    }
}

extension Format where Value == [String: LoginNeed] {
    /// A map of upstreams to when logins visit them.
    static var loginNeeds: Format {
        let names = LoginNeed.allCases.map(\.rawValue)
        return Format(
            "map of upstreams to " + names.map { "`\($0)`" }.joined(separator: ", "),
            schema: .map(to: ["enum": .strings(names)]),
            read: { cursor, _ in
                Dictionary(
                    cursor.entries().compactMap { name, value in
                        value.choice(among: LoginNeed.allCases, named: \.rawValue).map { (name, $0) }
                    },
                    uniquingKeysWith: { first, _ in first }
                )
            },
            write: { needs in
                .object(JSONObject(needs.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.rawValue)) }))
            }
        )
    }
}
