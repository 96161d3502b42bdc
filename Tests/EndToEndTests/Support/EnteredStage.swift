import Foundation

/// A Gatehouse whose users enter the key of a weather service, and that service, which accepts one key.
struct EnteredStage {
    let stage: Stage
    let issuer: String
    /// The address of the management listener.
    let management: String
    /// Where the users log in.
    let corp: String
    /// The weather service.
    let weather: String
    /// The key that the service accepts.
    let key: (value: String, path: String)
    let resourceSecret: String
    let proxySecret: String

    static let resource = "https://mcp.example.com/mcp"
    static let otherResource = "https://tools.example.com/mcp"

    /// Starts everything but Gatehouse, whose address is known.
    init(_ stage: Stage) async throws {
        self.stage = stage
        issuer = "http://" + (try await stage.reserveAddress())
        management = try await stage.reserveAddress()
        let secret = try stage.secret("weather-secret").value
        key = ("wk_" + secret, try stage.write("wk_\(secret)\n", to: "weather-key").path())
        resourceSecret = try stage.secret("resource-secret").path
        proxySecret = try stage.secret("proxy-secret").path
        corp = try Self.fact("issuer", try await stage.serve("oidc_provider.py"))
        weather = try Self.fact("base", try await stage.serve("weather_service.py", ["--key-file", key.path]))
    }

    /// One fact of a server's ready line.
    static func fact(_ name: String, _ facts: [String: String]) throws -> String {
        guard let value = facts[name] else { throw HarnessError("incomplete ready line: \(facts)") }
        return value
    }

    /// Starts Gatehouse.
    ///
    /// - Parameters:
    ///   - resource: The MCP server.
    ///   - offered: The issuer of a further provider `files`, which the consent page offers; `nil` for none.
    /// - Returns: The program.
    /// - Throws: What keeps it from starting.
    func gatehouse(resource: String = Self.resource, offered: String? = nil) async throws -> ChildProcess {
        let files = offered.map { provider("files", $0, login: "optional") } ?? ""
        let configuration = """
            issuer: \(issuer)
            listen:
              - address: \(issuer.dropFirst("http://".count))
            management: {address: "\(management)"}
            scopes: [openid, offline_access, connections, "mcp:read"]
            agents: {enabled: true}
            forward_auth: {secret: {file: \(proxySecret)}}
            upstreams:
            \(provider("corp", corp, login: "required"))
            \(files)
              - name: weather
                type: static
                fields:
                  - {name: key, label: API key, pattern: "wk_[a-z0-9_]+", help_url: "https://weather.example/account"}
                  - {name: station, label: Station, secret: false}
                format: "Key {key}"
                header: X-Api-Key
                check: {url: "\(weather)/v1/me"}
                allow_insecure_http: true
                allow_private_network: true
            resources:
              - uri: \(resource)
                scopes: ["mcp:read"]
                upstreams: [corp, \(offered == nil ? "" : "files, ")weather]
                forward_auth: {upstream: weather}
                client_id: mcp-server
                client_secret: {file: \(resourceSecret)}
              - uri: \(Self.otherResource)
                scopes: ["mcp:read"]
                upstreams: [corp]

            """
        return try await stage.gatehouse(configuration, issuer: issuer)
    }

    private func provider(_ name: String, _ issuer: String, login: String) -> String {
        """
          - name: \(name)
            type: oidc
            login: \(login)
            issuer: \(issuer)
            client_id: gatehouse
            client_secret: {file: \(resourceSecret)}
            scopes: [openid, profile, email]
            allow_insecure_http: true
            allow_private_network: true
        """
    }
}
