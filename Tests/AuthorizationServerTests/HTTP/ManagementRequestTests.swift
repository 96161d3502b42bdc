import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("The management listener answers programs and the operator, not web pages")
struct ManagementRequestTests {
    private static let paths = ["/metrics", "/health/live", "/health/ready", "/admin/audit"]

    private static func status(_ path: String, _ fields: [String], at scene: BrowserScene) throws -> Int? {
        let address = try #require(scene.server.server.managementAddress)
        let lines = (["GET \(path) HTTP/1.1"] + fields + ["Connection: close"]).joined(separator: "\r\n")
        let answer = try RawExchange.run(lines + "\r\n\r\n", at: address)
        return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    @Test("S-17: a Host that is no address, not localhost and not configured is refused, everywhere")
    func hosts() async throws {
        func configure(_ configuration: inout Configuration) { configuration.management.hosts = ["gatehouse.internal"] }
        try await BrowserScene.run(configure: configure) { (scene) async throws in
            let refused = [
                "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1.nip.io:9090",
                "gatehouse",
                "x.gatehouse.internal", "0x7f.1.example",
            ]
            for path in Self.paths {
                for host in refused {
                    #expect(try Self.status(path, ["Host: \(host)"], at: scene) == 421, "\(path) \(host)")
                }
            }
            let accepted = [
                "127.0.0.1", "127.0.0.1:9090", "10.1.2.3:1", "[::1]", "[::1]:9090", "localhost", "LOCALHOST:9090",
                "localhost.", "gatehouse.internal", "Gatehouse.Internal:80",
            ]
            for host in accepted {
                #expect(try Self.status("/metrics", ["Host: \(host)"], at: scene) == 200, "\(host)")
                #expect(try Self.status("/admin/audit", ["Host: \(host)"], at: scene) == 401, "\(host)")
            }
        }
    }

    @Test("S-17: requests that a page of another site sends are refused, before the administrator's token counts")
    func crossSite() async throws {
        try await BrowserScene.run { (scene) async throws in
            let token = "Authorization: Bearer admin-token-for-tests"
            let refused = [
                "Origin: https://evil.example", "Origin: null", "Origin: http://127.0.0.1:9090",
                "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
            ]
            for field in refused {
                for path in Self.paths {
                    #expect(
                        try Self.status(path, ["Host: 127.0.0.1", token, field], at: scene) == 403,
                        "\(path) \(field)"
                    )
                }
            }
            for field in ["Sec-Fetch-Site: none", "Sec-Fetch-Site: same-origin"] {
                #expect(try Self.status("/admin/audit", ["Host: 127.0.0.1", token, field], at: scene) == 200)
            }
        }
    }

    @Test("S-17: forward authentication is asked with the Host and Origin of the proxy's clients")
    func forwardAuthentication() async throws {
        try await BrowserScene.run { (scene) async throws in
            let fields = ["Host: mcp.example.com", "Origin: https://inspector.example", "Sec-Fetch-Site: cross-site"]
            #expect(try Self.status("/forward-auth", fields, at: scene) == 401)
        }
    }
}
