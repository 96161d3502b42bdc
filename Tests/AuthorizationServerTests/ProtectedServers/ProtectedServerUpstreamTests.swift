import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Foundation
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing
import UpstreamIdentity

@Suite("type: mcp, with a second Gatehouse as the authorization server of somebody's MCP server")
struct ProtectedServerUpstreamTests {
    @Test("the first retrieval says where to connect; then the token is for that server alone, and is refreshed")
    func wholeWay() async throws {
        try await ProtectedServerScene.run(foreign: TestServer.addSecondResource) { scene in
            let token = try await scene.accessToken()
            let refused = try await scene.retrieve(token)
            #expect(refused.error == "interaction_required" && refused["reason"] == "not_connected")
            let page = try await scene.connect(token)
            #expect(page.status == 200 && page.text.contains("tools is connected"), "\(page.url) \(page.status)")
            let first = try await scene.retrieve(token)
            let foreignToken = try first.accessToken
            let seen = try await scene.introspect(foreignToken)
            #expect(seen.json["active"] == true && seen["aud"] == scene.host.url("/mcp"))
            #expect(seen["client_id"] == scene.gateway.issuer + "/.well-known/oauth-client/tools.json")
            // RFC 8707: to another resource's server of the second Gatehouse it is no token.
            let other = try await scene.introspect(foreignToken, as: TestServer.secondResourceServer)
            #expect(other.json["active"] == false)
            let own = try await scene.introspect(token)
            #expect(own.json["active"] == false)
            scene.gateway.clock.advance(by: .seconds(2 * 3600))
            let refreshed = try await scene.retrieve(token)
            #expect(refreshed.status == 200 && refreshed.json["refreshed"] == true)
            let again = try await scene.introspect(try refreshed.accessToken)
            #expect(again.json["active"] == true && again["aud"] == scene.host.url("/mcp"))
            #expect(refreshed["access_token"] != first["access_token"])
        }
    }

    @Test("RFC 9728 §5.1: where no well-known document is, the challenge names the metadata and the scopes")
    func challenge() async throws {
        try await ProtectedServerScene.run { scene in
            scene.host.serve(DocumentHost.Page(status: .notFound), at: ProtectedServerScene.wellKnown)
            let metadata: JSONObject = [
                "resource": .string(scene.host.url("/mcp")),
                "authorization_servers": [.string(scene.foreign.issuer)],
            ]
            scene.host.serve(DocumentHost.Page(body: metadata.serialized()), at: "/elsewhere")
            let challenge = "Bearer scope=\"mcp:write\", resource_metadata=\"\(scene.host.url("/elsewhere"))\""
            scene.host.serve(
                DocumentHost.Page(status: .unauthorized, fields: [.wwwAuthenticate: challenge]),
                at: "/mcp"
            )
            let token = try await scene.accessToken()
            let page = try await scene.connect(token)
            #expect(page.status == 200)
            let retrieved = try await scene.retrieve(token)
            let seen = try await scene.introspect(try retrieved.accessToken)
            #expect(seen["scope"]?.contains("mcp:write") == true && seen["scope"]?.contains("mcp:read") == false)
        }
    }

    @Test("without support for documents this server registers at the second Gatehouse, once")
    func registration() async throws {
        try await ProtectedServerScene.run { scene in
            // The same authorization server, whose metadata does not offer documents.
            let own = try await scene.client.send(
                "GET",
                scene.foreign.issuer + "/.well-known/oauth-authorization-server"
            ).json
            let issuer = scene.host.authorize { json in
                for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
                    json[name] = own[name]
                }
                json["token_endpoint_auth_methods_supported"] = ["none"]
            }
            scene.host.protect(by: [issuer])
            let token = try await scene.accessToken()
            #expect(try await scene.connect(token).status == 502)
            // RFC 9207: the second Gatehouse names itself in its answer, which is not the issuer of that metadata.
            #expect(try scene.reasons("upstream.login_failed") == ["issuer_mismatch"])
            #expect(try scene.foreign.auditEvents("client.registered").count == 1)
            #expect(try await scene.connect(token).status == 502)
            #expect(try scene.foreign.auditEvents("client.registered").count == 1)
        }
    }

    /// One way in which an MCP server or its authorization server cannot be used.
    struct Obstacle: Sendable, CustomTestStringConvertible {
        let reason: UpstreamFailureReason
        let publish: @Sendable (ProtectedServerScene) -> Void

        var testDescription: String { reason.rawValue }
    }

    private static let obstacles = [
        Obstacle(reason: .resourceMismatch) { scene in
            scene.host.protect(by: [scene.foreign.issuer]) { $0["resource"] = .string(scene.host.url("/other")) }
        },
        Obstacle(reason: .proofKeyUnsupported) { scene in
            scene.host.protect(by: [scene.host.authorize { $0["code_challenge_methods_supported"] = nil }])
        },
        Obstacle(reason: .registrationUnavailable) { scene in
            scene.host.protect(by: [scene.host.authorize { $0["registration_endpoint"] = nil }])
        },
        Obstacle(reason: .discoveryFailed) { scene in
            scene.host.protect(by: [scene.host.url("/nothing")])
        },
    ]

    @Test(
        "a server that cannot be used is refused with its reason, and the page says whom to ask",
        arguments: obstacles
    )
    func refused(obstacle: Obstacle) async throws {
        try await ProtectedServerScene.run { scene in
            obstacle.publish(scene)
            let token = try await scene.accessToken()
            let page = try await scene.connect(token)
            #expect(page.status == 502 && page.text.contains("Ask the operator"), "\(page.status)")
            #expect(try scene.reasons("upstream.login_failed") == [obstacle.reason.rawValue])
            let reason = try await scene.retrieve(token)["reason"]
            #expect(reason == "not_connected")
        }
    }

    @Test("another authorization server is refused: nothing is sent there, and the connection remains")
    func issuerChanged() async throws {
        try await ProtectedServerScene.run { scene in
            let token = try await scene.accessToken()
            let page = try await scene.connect(token)
            #expect(page.status == 200)
            let evil = scene.host.authorize { _ in }
            scene.host.protect(by: [evil])
            scene.gateway.clock.advance(by: .seconds(2 * 3600))
            let refused = try await scene.retrieve(token)
            #expect(refused.status != 200 && refused["reason"] != "reauth_required")
            #expect(try scene.reasons("upstream.refresh_failed") == ["issuer_changed"])
            #expect(!scene.host.requests.contains { $0.path.hasPrefix("/as/") })
            scene.host.protect(by: [scene.foreign.issuer])
            scene.gateway.clock.advance(by: .seconds(31))
            #expect(try await scene.retrieve(token).status == 200)
        }
    }

    @Test("the issuer is pinned by the start's first look, and remains so after a restart")
    func restart() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        // What stays behind in a temporary folder fails nothing.
        defer { try? FileManager.default.removeItem(at: directory) }
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        func run(
            configure: (inout Configuration) throws -> Void = { _ in },
            _ body: (ProtectedServerScene) async throws -> Void
        ) async throws {
            try await ProtectedServerScene.run(
                configure: { configuration in
                    configuration.issuer = try Issuer("http://\(reservation.address)")
                    configuration.listen = [.init(address: reservation.address)]
                    try configure(&configuration)
                },
                environment: { environment in
                    environment.reservations = [reservation]
                    environment.storage = try DurableStore.open(
                        directory: directory.path(),
                        key: .configured(try StorageKey(bytes: Array(1...32))),
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                    )
                },
                body
            )
        }
        // The same address of the MCP server at both starts; the second Gatehouse of each has another.
        try await DocumentHost.run { mcp in
            func atServer(_ configuration: inout Configuration) {
                configuration.upstreams[1].server.url = mcp.url("/mcp")
            }
            try await run(configure: atServer) { scene in
                mcp.protect(by: [scene.foreign.issuer])
                await scene.gateway.server.performMaintenance()
                let event = try #require(try scene.gateway.auditEvents("upstream.registered").first)
                #expect(event["upstream"] == "tools")
            }
            try await run(configure: atServer) { scene in
                mcp.protect(by: [scene.foreign.issuer])
                await scene.gateway.server.performMaintenance()
                #expect(try scene.gateway.auditEvents("upstream.registered").isEmpty)
                let token = try await scene.accessToken()
                #expect(try await scene.connect(token).status == 502)
                #expect(try scene.reasons("upstream.login_failed") == ["issuer_changed"])
            }
            // The operator names the new one, which makes another registration.
            try await run(configure: { configuration in
                atServer(&configuration)
                configuration.upstreams[1].issuer = mcp.url("/as")
            }) { (scene) async throws in
                mcp.protect(by: [mcp.authorize { $0["client_id_metadata_document_supported"] = true }])
                await scene.gateway.server.performMaintenance()
                #expect(try scene.gateway.auditEvents("upstream.registered").count == 1)
            }
        }
    }

    @Test(
        "VR-8: tokens of one authorization server are neither sent to nor returned for the operator's next one",
        arguments: [false, true]
    )
    func boundToIssuer(withAnotherURL: Bool) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        // What stays behind in a temporary folder fails nothing.
        defer { try? FileManager.default.removeItem(at: directory) }
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        func run(
            _ server: (inout Configuration.Upstream) -> Void,
            foreign: (inout Configuration) -> Void = { _ in },
            _ body: (ProtectedServerScene) async throws -> Void
        ) async throws {
            try await ProtectedServerScene.run(
                upstream: server,
                foreign: foreign,
                configure: { configuration in
                    configuration.issuer = try Issuer("http://\(reservation.address)")
                    configuration.listen = [.init(address: reservation.address)]
                },
                environment: { environment in
                    environment.reservations = [reservation]
                    environment.storage = try DurableStore.open(
                        directory: directory.path(),
                        key: .configured(try StorageKey(bytes: Array(1...32))),
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                    )
                },
                body
            )
        }
        try await DocumentHost.run { mcp in
            var token = ""
            try await run({ $0.server.url = mcp.url("/mcp") }, foreign: { $0.resources[0].uri = mcp.url("/mcp") }) {
                (scene) async throws in
                mcp.protect(by: [scene.foreign.issuer])
                token = try await scene.accessToken()
                let page = try await scene.connect(token)
                #expect(page.status == 200, "\(page.url) \(page.text)")
                let retrieved = try await scene.retrieve(token)
                #expect(retrieved.status == 200)
            }
            try await DocumentHost.run { next in
                let issuer = next.authorize { json in
                    json["client_id_metadata_document_supported"] = true
                    json["revocation_endpoint"] = .string(next.url("/as/revoke"))
                }
                let host = withAnotherURL ? next : mcp
                host.protect(by: [issuer])
                let adopt = { (upstream: inout Configuration.Upstream) in
                    upstream.server.url = host.url("/mcp")
                    if !withAnotherURL { upstream.issuer = issuer }
                    upstream.refreshesInBackground = true
                }
                try await run(adopt) { (scene) async throws in
                    try await expectNothingSent(to: next, scene, token)
                }
            }
        }
    }

    /// Retrieves, refreshes and disconnects at a server whose user connected at another authorization server before.
    private func expectNothingSent(to next: DocumentHost, _ scene: ProtectedServerScene, _ token: String) async throws {
        await scene.gateway.server.performMaintenance()
        // The same client id as before, at another authorization server.
        let event = try #require(try scene.gateway.auditEvents("upstream.registered").first)
        #expect(event["client_id"] == .string(scene.gateway.issuer + "/.well-known/oauth-client/tools.json"))
        let vault = scene.gateway.server.stores.vault
        let all = await vault.connections(after: nil, limit: 100)
        let connection = try #require(all.first { $0.upstream == "tools" })
        // The access token has not expired.
        let good = try await scene.retrieve(token)
        #expect(good.error == "interaction_required" && good["reason"] == "reauth_required")
        await vault.touch(connection.id, now: scene.gateway.clock.now())
        scene.gateway.clock.advance(by: .seconds(2 * 3600))
        let expired = try await scene.retrieve(token)
        #expect(expired.error == "interaction_required" && expired["reason"] == "reauth_required")
        // The refresh in the background finds it due.
        await scene.gateway.server.performMaintenance()
        let marked = await vault.connection(connection.id)
        #expect(marked?.status == .reauthorizationRequired && marked?.reason == "upstream_client_changed")
        let ended = try await scene.client.send(
            "DELETE",
            scene.gateway.managementURL + "/admin/connections/" + connection.id.text,
            headerFields: [("authorization", "Bearer " + scene.gateway.adminToken)]
        )
        #expect(ended.status == 200)
        #expect(await vault.connection(connection.id) == nil)
        #expect(!next.requests.contains { $0.path == "/as/token" || $0.path == "/as/revoke" })
    }

    @Test("our document names this server's redirect URI and no secret; other upstreams have none")
    func document() async throws {
        try await ProtectedServerScene.run { scene in
            let path = "/.well-known/oauth-client/"
            let answer = try await scene.client.send("GET", path + "tools.json")
            #expect(answer.status == 200 && answer.header("content-type") == "application/json")
            #expect(answer["client_id"] == scene.gateway.issuer + path + "tools.json")
            #expect(answer.json["redirect_uris"] == [.string(scene.gateway.issuer + "/oauth/callback/tools")])
            #expect(answer["token_endpoint_auth_method"] == "none" && answer["client_name"] == "Gatehouse")
            for name in ["corp.json", "tools", "unknown.json"] {
                let unknown = try await scene.client.send("GET", path + name)
                #expect(unknown.status == 404, "\(name)")
            }
            let description = try await scene.client.send("GET", "/openapi.json").json
            #expect(description["paths"]?.objectValue?["/.well-known/oauth-client/{name}"] != nil)
        }
        try await ProtectedServerScene.run(upstream: {
            $0.clientID = "configured"
            $0.issuer = "https://login.example"
        }) { scene in
            let answer = try await scene.client.send("GET", "/.well-known/oauth-client/tools.json")
            #expect(answer.status == 404)
        }
    }

    @Test("RFC 8693: the MCP server's URL names the upstream as resource")
    func resourceParameter() async throws {
        try await ProtectedServerScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.client.exchange(
                token,
                audience: "tools",
                ["audience": nil, "resource": scene.host.url("/mcp")]
            )
            #expect(answer.error == "interaction_required" && answer["reason"] == "not_connected")
        }
    }
}
