import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

@Suite("The operator's logo on the pages")
struct LogoPageTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 7]

    private static func logo(_ bytes: [UInt8]) throws -> LogoFile {
        LogoFile(path: "/etc/gatehouse/logo", image: try LogoImage(bytes))
    }

    private static func address(_ page: TestBrowser.Page) -> String? {
        page.text.firstMatch(of: /<img class="logo" src="([^"]+)"/).map { String($0.1) }
    }

    private static func get(_ url: String, at server: TestServer) async throws -> OutboundResponse {
        try await server.transport.send(OutboundRequest(method: "GET", url: url, addressPolicy: .unrestricted))
    }

    @Test("RFC 8246: is shown with the name as its alternative text, and served unchanged from our own address")
    func shown() async throws {
        let brand: (inout Configuration) throws -> Void = {
            $0.branding.name = "Example \"Ltd\""
            $0.branding.logoFile = try Self.logo(Self.png)
        }
        try await BrowserScene.run(configure: brand) { scene async throws in
            for page in [try await scene.open(), try await scene.open(["client_id": "unknown"])] {
                page.expectPageHeaders()
                #expect(page.text.contains("alt=\"Example &quot;Ltd&quot;\""))
                #expect(page.header("content-security-policy")?.contains("img-src 'self' data:;") == true)
            }
            let page = try await scene.open()
            let url = try #require(Self.address(page))
            #expect(url.hasPrefix(scene.server.issuer + "/logo/") && url.hasSuffix(".png"))
            let answer = try await Self.get(url, at: scene.server)
            #expect(answer.status == 200 && answer.body == Self.png)
            #expect(answer.values(of: "content-type") == ["image/png"])
            #expect(answer.values(of: "x-content-type-options") == ["nosniff"])
            #expect(answer.values(of: "cache-control") == ["public, max-age=31536000, immutable"])
            let policy = "default-src 'none'; frame-ancestors 'none'; sandbox"
            #expect(answer.values(of: "content-security-policy") == [policy])
        }
    }

    @Test("another name, and another kind, are not found")
    func otherNames() async throws {
        try await BrowserScene.run(configure: { $0.branding.logoFile = try Self.logo(Self.png) }) {
            scene async throws in
            let url = try #require(Self.address(try await scene.open()))
            for other in [url + "x", url.replacing(".png", with: ".gif"), scene.server.issuer + "/logo/logo.png"] {
                let answer = try await Self.get(other, at: scene.server)
                #expect(answer.status == 404 && answer.body.isEmpty, "\(other)")
            }
        }
    }

    @Test("without one the pages load nothing, and there is no such address")
    func none() async throws {
        // A file that no host has read is no logo either.
        for logo in [nil, LogoFile(path: "/etc/gatehouse/logo")] {
            try await BrowserScene.run(configure: { $0.branding.logoFile = logo }) { scene async throws in
                let page = try await scene.open()
                #expect(Self.address(page) == nil)
                #expect(page.header("content-security-policy")?.contains("img-src data:;") == true)
                #expect(try await Self.get(scene.server.issuer + "/logo/a.png", at: scene.server).status == 404)
            }
        }
    }

    @Test("another one has another address after a reload")
    func reloaded() async throws {
        let next = Mutex<Configuration?>(nil)
        struct Unset: Error {}
        try await BrowserScene.run(
            configure: { $0.branding.logoFile = try Self.logo(Self.png) },
            environment: {
                $0.readConfiguration = {
                    guard let configuration = next.withLock(\.self) else { throw Unset() }
                    return configuration
                }
            }
        ) { scene async throws in
            let old = try #require(Self.address(try await scene.open()))
            var configuration = scene.server.server.configuration
            configuration.branding.logoFile = try Self.logo(Array("GIF89a".utf8))
            let changed = configuration
            next.withLock { $0 = changed }
            #expect(await scene.server.server.reload().changed == ["branding.logo_file"])
            let new = try #require(Self.address(try await scene.open()))
            #expect(new != old && new.hasSuffix(".gif"))
            #expect(try await Self.get(new, at: scene.server).status == 200)
            #expect(try await Self.get(old, at: scene.server).status == 404)
        }
    }
}
