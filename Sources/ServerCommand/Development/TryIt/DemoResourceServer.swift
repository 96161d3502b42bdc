import DevelopmentIdentityProvider
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import SocketHTTP

/// The demo MCP server: one tool, which asks the provider with the user's upstream token who the user is.
///
/// MCP's Streamable HTTP transport without sessions and without events: each POST has one JSON-RPC message, and its
/// answer is JSON. Access tokens are introspected, so that a revoked one is refused at once.
struct DemoResourceServer: Sendable {
    private let ground: DemoGround
    private let gatehouse: OAuthTestClient

    static let toolName = "whoami"
    /// RFC 9728 §3.1: the well-known path is put before the resource's.
    static let metadataPath = "/.well-known/oauth-protected-resource" + DemoGround.resourcePath
    /// The revisions of MCP that this server can speak; a client that asks for another gets the first.
    private static let revisions = ["2025-11-25", "2025-06-18", "2025-03-26"]

    init(_ ground: DemoGround) {
        self.ground = ground
        gatehouse = OAuthTestClient(
            issuer: ground.issuer,
            transport: ground.control.transport,
            resource: ground.resourceURI
        )
    }

    /// RFC 9728 §2: where clients of this server get tokens.
    var metadata: Response {
        let metadata: JSONObject = [
            "resource": .string(ground.resourceURI), "authorization_servers": [.string(gatehouse.issuer)],
            "scopes_supported": .strings(ground.scopes), "bearer_methods_supported": ["header"],
            "resource_name": "Gatehouse demo",
        ]
        return Self.json(.ok, metadata)
    }

    func respond(to request: Request) async -> Response {
        // MCP transports, security warning: a web page must not call tools with a token that it may have.
        guard request[.origin] == nil else {
            return Self.json(
                .forbidden,
                ["error": "forbidden", "error_description": "web pages cannot call this server"]
            )
        }
        let values = request.values(of: .authorization)
        guard values.count == 1, values[0].lowercased().hasPrefix("bearer ") else { return challenge("") }
        let token = String(values[0].dropFirst(7))
        do {
            let facts = try await gatehouse.introspect(token, as: ground.resourceServer)
            guard facts.status == 200, facts.boolean("active") == true else {
                return challenge(#"error="invalid_token", "#)
            }
            return try await answer(to: request.body, token: token)
        } catch {
            return Self.json(.badGateway, ["error": "unavailable", "error_description": .string("\(error)")])
        }
    }

    /// RFC 9728 §5.1: the client finds the authorization server by the metadata's address.
    private func challenge(_ error: String) -> Response {
        var response = Self.json(.unauthorized, ["error": "invalid_token"])
        let address = ground.url.dropLast() + Self.metadataPath
        response.headerFields[.wwwAuthenticate] = "Bearer \(error)resource_metadata=\"\(address)\""
        return response
    }

    private static func json(_ status: HTTPResponse.Status, _ object: JSONObject) -> Response {
        Response(
            status: status,
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: object.serialized()
        )
    }

    // MARK: - JSON-RPC

    private func answer(to body: [UInt8], token: String) async throws -> Response {
        let message: JSONObject
        do {
            message = try JSONParser.parseObject(body)
        } catch {
            return Self.json(.badRequest, Self.failure(.null, -32700, "the body is not a JSON object"))
        }
        guard let method = message["method"]?.stringValue else {
            return Self.json(.badRequest, Self.failure(.null, -32600, "method is missing"))
        }
        // A notification has no answer.
        guard let id = message["id"] else { return Response(status: .accepted) }
        let parameters = message["params"]?.objectValue ?? [:]
        switch method {
        case "initialize": return Self.json(.ok, Self.result(id, Self.greeting(parameters)))
        case "ping": return Self.json(.ok, Self.result(id, [:]))
        case "tools/list": return Self.json(.ok, Self.result(id, ["tools": [.object(Self.tool)]]))
        case "tools/call":
            guard parameters["name"]?.stringValue == Self.toolName else {
                return Self.json(.ok, Self.failure(id, -32602, "the only tool is \(Self.toolName)"))
            }
            return Self.json(.ok, Self.result(id, try await whoami(token)))
        default: return Self.json(.ok, Self.failure(id, -32601, "the method is unknown"))
        }
    }

    private static func result(_ id: JSONValue, _ result: JSONObject) -> JSONObject {
        ["jsonrpc": "2.0", "id": id, "result": .object(result)]
    }

    private static func failure(_ id: JSONValue, _ code: Int, _ text: String) -> JSONObject {
        ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(code), "message": .string(text)]]
    }

    private static func greeting(_ parameters: JSONObject) -> JSONObject {
        let wished = parameters["protocolVersion"]?.stringValue ?? ""
        return [
            "protocolVersion": .string(revisions.contains(wished) ? wished : revisions[0]),
            "capabilities": ["tools": [:]], "serverInfo": ["name": "gatehouse-demo", "version": "1"],
        ]
    }

    private static let tool: JSONObject = [
        "name": .string(toolName), "description": "Asks the user's provider who the user is.",
        "inputSchema": ["type": "object", "properties": [:]],
    ]

    // MARK: - The tool

    /// Retrieves the user's upstream token and uses it at the provider.
    private func whoami(_ token: String) async throws -> JSONObject {
        let answer = try await gatehouse.exchange(token, audience: ground.upstream, as: ground.resourceServer)
        guard answer.status == 200, let upstreamToken = answer["access_token"] else {
            guard let connectURI = answer["connect_uri"] else {
                return Self.content("The upstream token was refused: \(answer.error ?? "no reason").", isError: true)
            }
            var content = Self.content("Connect your account: \(connectURI)", isError: true)
            content["structuredContent"] = ["connect_uri": .string(connectURI)]
            return content
        }
        guard let (upstream, provider) = ground.control.upstreams.first(where: { $0.upstream.name == ground.upstream })
        else { return Self.content("There is no provider \(ground.upstream).", isError: true) }
        let response = try await ground.control.transport.send(
            OutboundRequest(
                url: provider.url(of: upstream.preset.isOAuth2 ? .oauth2User : .userInfo),
                headerFields: [("authorization", "Bearer \(upstreamToken)")],
                addressPolicy: .loopbackAllowed
            )
        )
        guard response.status == 200 else {
            return Self.content("The provider refused its token with status \(response.status).", isError: true)
        }
        let user = try JSONParser.parseObject(response.body)
        let name = user["name"]?.stringValue ?? user["login"]?.stringValue ?? "a user without a name"
        return Self.content("\(upstream.name) says: \(name)", isError: false)
    }

    private static func content(_ text: String, isError: Bool) -> JSONObject {
        ["content": [["type": "text", "text": .string(text)]], "isError": .bool(isError)]
    }
}
