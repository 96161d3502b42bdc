import GatehouseHosting
import Logging
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// What the command line and the environment ask of `gatehouse dev`.
struct DevelopmentOptions: Sendable {
    /// Where the server listens; port 0 picks a free one.
    var address = SocketAddress(ip: .loopback, port: 0)
    /// The demo resources.
    var resources = [Self.usualResource]
    /// Where the page *Try it* is; `nil` for none.
    var demo: SocketAddress?
    /// Whether a demo MCP server at that address is the resource, in place of ``resources``.
    var servesDemoResource = false
    /// The scopes of the demo resources.
    var scopes = ["mcp:read"]
    /// The embedded providers, each with its name.
    var upstreams: [(name: String, preset: ProviderPreset)] = [(Self.usualUpstream, .standard)]
    /// Configuration keys as YAML, which replace the built-in ones.
    var inline: String?
    /// Where `GATEHOUSE_…` overrides come from.
    var environment: [String: String] = [:]
    /// The lowest level of the log.
    var logLevel = Logger.Level.warning

    static let usualResource = "http://127.0.0.1:8081/mcp"
    static let usualUpstream = "dev"

    /// Reads `NAME` or `NAME=PRESET`.
    ///
    /// - Throws: A message for the command line.
    static func upstream(_ text: String) throws(HostError) -> (name: String, preset: ProviderPreset) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty, ConfigurationRules.upstreamNameObjection(name) == nil else {
            throw HostError(description: "--upstream: the name must be lower-case letters, digits, inner hyphens")
        }
        guard parts.count == 2 else { return (name, .standard) }
        guard let preset = ProviderPreset(rawValue: parts[1]) else {
            let known = ProviderPreset.allCases.map(\.rawValue)
            let hint = NearestName.of(parts[1], among: known).map { "; did you mean \($0)?" } ?? ""
            throw HostError(
                description: "--upstream: \(parts[1]) is not one of \(known.joined(separator: ", "))\(hint)"
            )
        }
        return (name, preset)
    }
}

/// An embedded provider and the upstream that it is for the server.
struct DevelopmentUpstream: Sendable {
    let name: String
    let preset: ProviderPreset
    let issuer: String
    let secret: String
    /// Whether logins leave it out, and the first retrieval of its token asks the user.
    var isOnDemand = false
}

/// Builds the configuration of `gatehouse dev` as a file's tree, so that keys given inline or by the environment have
/// the same names, bounds and errors as in `gatehouse.yaml`.
struct DevelopmentConfiguration {
    let options: DevelopmentOptions
    let address: SocketAddress
    /// Those of the start, then those that a test has added.
    var upstreams: [DevelopmentUpstream]
    /// One for each resource.
    let resourceSecrets: [String]
    let adminToken: String
    /// Resources that a test has added to the running server.
    var added: [AddedResource] = []

    /// The keys that `dev` sets itself, each with the option that changes it.
    static let ownKeys = [
        "issuer": "use --address and --port", "listen": "use --address and --port",
        "management": "its address and token are in the JSON line of --json", "storage": "dev keeps nothing",
        "upstreams": "use --upstream",
    ]

    /// The configuration with the inline keys and the environment's applied.
    func load() throws(ConfigurationErrors) -> Configuration {
        var root = try YAMLConfiguration.parse(tree.serializedString())
        if let inline = options.inline {
            let given = try YAMLConfiguration.parse(inline)
            guard case .map(let entries) = given.content else {
                throw ConfigurationErrors([
                    ConfigurationError(path: "--config-inline", message: "must be a map of configuration keys")
                ])
            }
            try check(entries.map { ($0.name, $0.name) })
            root = Self.merge(root, given)
        }
        try check(
            options.environment.keys.sorted().compactMap { name in
                let key = Self.ownKeys.keys.first { own in
                    let variable = EnvironmentOverrides.prefix + own.uppercased()
                    return name == variable || name.hasPrefix(variable + "_")
                }
                return key.map { ($0, name) }
            }
        )
        return try ConfigurationLoader(environment: options.environment.merging(secrets) { $1 }).loadAll(root: root)
            .configuration
    }

    private func check(_ given: [(key: String, place: String)]) throws(ConfigurationErrors) {
        let errors = given.compactMap { key, place in
            Self.ownKeys[key].map { ConfigurationError(path: place, message: "is set by dev itself; \($0)") }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
    }

    /// Maps are merged key by key; everything else is replaced.
    private static func merge(_ base: ConfigurationNode, _ given: ConfigurationNode) -> ConfigurationNode {
        guard case .map(let old) = base.content, case .map(let new) = given.content else { return given }
        var merged = old
        for entry in new {
            if let index = merged.firstIndex(where: { $0.name == entry.name }) {
                merged[index].node = merge(merged[index].node, entry.node)
                merged[index].location = entry.location
            } else {
                merged.append(entry)
            }
        }
        return ConfigurationNode(.map(merged), location: given.location)
    }

    // MARK: - The built-in keys

    private var issuer: String {
        // A name for every interface is no address that a client can connect to.
        let isAny = address.ip.description == "0.0.0.0" || address.ip.description == "::"
        return "http://\(isAny ? SocketAddress(ip: .loopback, port: address.port) : address)"
    }

    private var tree: JSONObject {
        let lifted: JSONValue = ["burst": 1_000_000, "per_minute": 1_000_000]
        return [
            "issuer": .string(issuer), "listen": [["address": .string(address.description)]],
            "management": ["address": "127.0.0.1:0", "admin_token": ["env": .string(Self.adminVariable)]],
            "scopes": .strings(scopes),
            "limits": [
                "registrations_per_source": lifted, "failures_per_source": lifted, "authorizations_per_source": lifted,
            ],
            "upstreams": .array(upstreams.enumerated().map { .object(upstream($1, number: $0)) }),
            "resources": .array(resources.map(JSONValue.object)),
        ]
    }

    private var scopes: [String] {
        var scopes = ["openid", "profile", "email", "offline_access", "connections"]
        for scope in options.scopes + added.flatMap(\.scopes) where !scopes.contains(scope) { scopes.append(scope) }
        return scopes
    }

    private var resources: [JSONObject] {
        options.resources.enumerated().map { resource($1, number: $0) }
            + added.enumerated().map { number, resource in
                [
                    "uri": .string(resource.uri), "scopes": .strings(resource.scopes),
                    "upstreams": .strings(resource.upstreams), "client_id": .string(resource.clientID),
                    "client_secret": ["env": .string(Self.resourceVariable(options.resources.count + number))],
                ]
            }
    }

    private func upstream(_ upstream: DevelopmentUpstream, number: Int) -> JSONObject {
        var keys = upstream.preset.keys(at: upstream.issuer)
        keys["name"] = .string(upstream.name)
        keys["client_id"] = "gatehouse"
        if upstream.isOnDemand { keys["login"] = "on_demand" }
        keys["client_secret"] = ["env": .string(Self.upstreamVariable(number))]
        keys["allow_insecure_http"] = true
        keys["allow_private_network"] = true
        return keys
    }

    private func resource(_ uri: String, number: Int) -> JSONObject {
        [
            "uri": .string(uri), "scopes": .strings(options.scopes), "upstreams": .strings(upstreams.map(\.name)),
            "client_id": .string(number == 0 ? "demo-mcp-server" : "demo-mcp-server-\(number + 1)"),
            "client_secret": ["env": .string(Self.resourceVariable(number))],
        ]
    }

    // MARK: - Secrets, which no tree contains

    private static let adminVariable = "DEVELOPMENT_ADMIN_TOKEN"
    private static func upstreamVariable(_ number: Int) -> String { "DEVELOPMENT_UPSTREAM_SECRET_\(number)" }
    private static func resourceVariable(_ number: Int) -> String { "DEVELOPMENT_RESOURCE_SECRET_\(number)" }

    private var secrets: [String: String] {
        var secrets = [Self.adminVariable: adminToken]
        for (number, upstream) in upstreams.enumerated() { secrets[Self.upstreamVariable(number)] = upstream.secret }
        for (number, secret) in (resourceSecrets + added.map(\.secret)).enumerated() {
            secrets[Self.resourceVariable(number)] = secret
        }
        return secrets
    }
}
