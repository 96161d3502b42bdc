import Foundation

/// Everything a scenario needs, running on free loopback ports: the upstream provider, Gatehouse, an MCP server.
struct Deployment: Sendable {
    static let upstreamName = "corp"
    static let resourceClientID = "mcp-server"

    /// Gatehouse's issuer, which is also its base URL.
    let issuer: String
    /// The upstream provider's issuer.
    let upstreamIssuer: String
    /// The MCP server's URL, which is its resource identifier.
    let resource: String
    let resourceClientSecret: String
    let upstreamClientSecret: String
    /// The program, or what keeps two nodes of it.
    let gatehouse: ChildProcess
    let resourceServer: ChildProcess
    /// The file with the address of the node that got each request; nil with one node.
    let nodeLog: String?

    /// Starts everything, runs `body`, stops everything, whether `body` throws or not.
    ///
    /// When it throws, the error carries what Gatehouse and the MCP server said.
    static func run(onTwoNodes: Bool = false, _ body: (Deployment) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover in the temporary directory does no harm
        var children: [ChildProcess] = []
        do {
            let deployment = try await start(onTwoNodes: onTwoNodes, in: folder, children: &children)
            try await body(deployment)
        } catch {
            for child in children.reversed() { try await child.stop() }
            let said = children.map { "--- \($0.name) said:\n\($0.progress.everything)" }.joined(separator: "\n")
            throw HarnessError("\(error)\n\(said)")
        }
        for child in children.reversed() { try await child.stop() }
    }

    private static func start(
        onTwoNodes: Bool,
        in folder: URL,
        children: inout [ChildProcess]
    ) async throws -> Deployment {
        let environment = VirtualEnvironment.mcp2
        // The issuer is in the MCP server's metadata and in Gatehouse's configuration, so its port is known first.
        let (reservation, reserved) = try await environment.serve("port_reservation.py")
        children.append(reservation)
        let (provider, provided) = try await environment.serve("oidc_provider.py")
        children.append(provider)
        guard let port = reserved["port"], let upstreamIssuer = provided["issuer"] else {
            throw HarnessError("incomplete ready lines: \(reserved) \(provided)")
        }
        let issuer = "http://127.0.0.1:\(port)"
        let upstreamSecret = try Secret(in: folder, file: "upstream-secret")
        let resourceSecret = try Secret(in: folder, file: "resource-secret")
        let (resourceServer, served) = try await environment.serve(
            "resource_server.py",
            [
                "--issuer", issuer, "--client-id", resourceClientID, "--client-secret-file", resourceSecret.path,
                "--upstream", upstreamName, "--upstream-issuer", upstreamIssuer,
            ]
        )
        children.append(resourceServer)
        guard let resource = served["resource"] else { throw HarnessError("incomplete ready line: \(served)") }

        let configuration = folder.appending(path: "gatehouse.yaml")
        let text = """
            issuer: \(issuer)
            listen:
              - address: 127.0.0.1:\(port)
            management: {address: "127.0.0.1:0"}
            scopes: [openid, profile, email, offline_access, "mcp:read"]
            upstreams:
              - name: \(upstreamName)
                type: oidc
                issuer: \(upstreamIssuer)
                client_id: gatehouse
                client_secret: {file: \(upstreamSecret.path)}
                scopes: [openid, profile, email]
                allow_insecure_http: true
                allow_private_network: true
            resources:
              - uri: \(resource)
                scopes: ["mcp:read"]
                upstreams: [\(upstreamName)]
                client_id: \(resourceClientID)
                client_secret: {file: \(resourceSecret.path)}

            """
        try Data(text.utf8).write(to: configuration)
        let gatehouse: ChildProcess
        var nodeLog: String?
        if onTwoNodes {
            let (nodes, facts) = try await environment.serve(
                "two_nodes.py",
                [
                    "--program", try GatehouseBinary.databaseProgram().path(), "--configuration",
                    configuration.path(), "--port", port,
                ]
            )
            (gatehouse, nodeLog) = (nodes, facts["log"])
        } else {
            gatehouse = try await GatehouseBinary.serve(configuration: configuration, issuer: issuer)
        }
        children.append(gatehouse)
        return Deployment(
            issuer: issuer,
            upstreamIssuer: upstreamIssuer,
            resource: resource,
            resourceClientSecret: resourceSecret.value,
            upstreamClientSecret: upstreamSecret.value,
            gatehouse: gatehouse,
            resourceServer: resourceServer,
            nodeLog: nodeLog
        )
    }

    /// Lets the official SDK of `environment` connect to the MCP server as `user`, who then approves or denies.
    func client(
        _ environment: VirtualEnvironment,
        user: UpstreamUser,
        decision: String = "approve"
    ) async throws -> ClientReport {
        try await environment.run(
            "mcp_client.py",
            ["--server", resource, "--user", user.subject, "--decision", decision],
            as: ClientReport.self
        )
    }

    /// Gatehouse's RFC 8414 metadata, the members that tests use.
    struct Metadata: Decodable, Sendable {
        let issuer: String
        let jwks_uri: String
        let token_endpoint: String
    }

    func metadata() async throws -> Metadata {
        try await HTTPExchange.send(HTTPExchange(url: issuer + "/.well-known/oauth-authorization-server"))
            .json(as: Metadata.self)
    }

    /// The token exchange that the MCP server makes (RFC 8693 §2.1), to be changed and sent by a test.
    func tokenExchange(at endpoint: String, subjectToken: String) -> HTTPExchange {
        HTTPExchange(
            method: "POST",
            url: endpoint,
            form: [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": subjectToken,
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "audience": Self.upstreamName,
            ],
            basic: [Self.resourceClientID, resourceClientSecret]
        )
    }
}

/// A random secret in a file of its own.
struct Secret {
    let value: String
    let path: String

    init(in folder: URL, file: String) throws {
        value = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        let url = folder.appending(path: file)
        try Data((value + "\n").utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path())
        path = url.path()
    }
}
