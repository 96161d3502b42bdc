import AuthorizationServer
import Foundation
import Logging
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The options of gatehouse dev")
struct DevelopmentOptionsTests {
    private func errors(_ change: (inout DevelopmentOptions) -> Void) async -> [String] {
        var options = DevelopmentOptions()
        options.logLevel = .critical
        change(&options)
        do {
            let (deployment, host) = try await DevelopmentDeployment.start(options)
            await deployment.shutdown()
            await host.close()
            return []
        } catch let errors as ConfigurationErrors {
            return errors.errors.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("Keys given inline and by the environment are used, and the environment wins")
    func keys() async throws {
        let change: (inout DevelopmentOptions) -> Void = { options in
            options.inline = "tokens: {access_token_lifetime: 90s, refresh_token_lifetime: 2h}\nconsent: always"
            options.environment = ["GATEHOUSE_TOKENS_ACCESS_TOKEN_LIFETIME": "2m", "HOME": "/"]
        }
        try await ControlScene.run(change) { (scene) async throws in
            let tokens = scene.deployment.server.configuration.tokens
            #expect(tokens.accessTokenLifetime == .seconds(120) && tokens.refreshTokenLifetime == .seconds(7200))
            #expect(try await scene.session()["expires_in"]?.integerValue == 120)
        }
    }

    @Test("An unknown or unsafe key, and one that dev sets itself, stops the start by name")
    func refusedKeys() async {
        #expect(await errors { $0.inline = "tokns: {}" }.first?.contains("tokns: unknown key") == true)
        #expect(await errors { $0.inline = "[1]" } == ["--config-inline: must be a map of configuration keys"])
        for key in ["issuer: http://127.0.0.1:1", "listen: []", "storage: {directory: /tmp/x}", "upstreams: []"] {
            #expect(await errors { $0.inline = key }.first?.contains("is set by dev itself") == true, "\(key)")
        }
        for name in ["GATEHOUSE_ISSUER", "GATEHOUSE_STORAGE_DIRECTORY", "GATEHOUSE_MANAGEMENT_ADMIN_TOKEN"] {
            let found = await errors { $0.environment = [name: "x"] }
            #expect(found.first?.hasPrefix(name + ": is set by dev itself") == true, "\(found)")
        }
        #expect(await errors { $0.environment = ["GATEHOUSE_NONSENSE": "1"] }.first?.contains("unknown") == true)
    }

    @Test("A provider is NAME or NAME=PRESET, and nothing else")
    func upstreams() throws {
        let plain = try DevelopmentOptions.upstream("corp")
        #expect(plain.name == "corp" && plain.preset == .standard)
        #expect(try DevelopmentOptions.upstream("git=github-app").preset == .githubApp)
        for text in ["", "=github-app", "Corp", "a=", "a=github-ap", "a b", "-a"] {
            #expect(throws: HostError.self, "\(text)") { try DevelopmentOptions.upstream(text) }
        }
    }

    @Test("Registrations are not limited, and the ready report has what a program needs")
    func report() async throws {
        let change: (inout DevelopmentOptions) -> Void = { options in
            options.resources = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
            options.scopes = ["tools:use"]
        }
        try await ControlScene.run(change) { (scene) async throws in
            for _ in 0..<40 {
                let answer = try await scene.client.register([
                    "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
                ])
                #expect(answer.status == 201)
            }
            let report = scene.deployment.readyReport
            #expect(report["issuer"]?.stringValue == scene.client.issuer)
            let resources = report["resources"]?.arrayValue?.compactMap(\.objectValue) ?? []
            #expect(resources.count == 2)
            for resource in resources {
                #expect(resource["scopes"]?.stringArrayValue == ["tools:use"])
                let session = try await scene.session(["resource": resource["uri"] ?? ""])
                let exchanged = try await scene.client.exchange(
                    session.text("access_token"),
                    audience: "dev",
                    as: (resource["client_id"]?.stringValue ?? "", resource["client_secret"]?.stringValue ?? "")
                )
                #expect(exchanged.status == 200)
            }
            #expect(!report.serializedString().contains("\n"))
        }
    }

    @Test("A port in use that was asked for stops the start")
    func portInUse() async throws {
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        try await ControlScene.run { (scene) async throws in
            let taken = try #require(scene.deployment.server.addresses.first)
            let found = await errors { $0.address = taken }
            #expect(found.count == 1)
        }
        _ = reservation
    }
}
