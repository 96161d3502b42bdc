import Foundation
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("A configuration that permits more than the operator may intend gets warnings")
struct ConfigurationWarningTests {
    private static func warnings(_ section: String, issuer: String = "https://a.example") throws -> [String] {
        try decode("issuer: \(issuer)\n" + section).warnings.map(\.description)
    }

    private static let proxied = "trusted_proxies: [10.0.0.1]\n"

    @Test("S-23: plain http on a network address behind an https issuer, unless TLS is there")
    func plainListener() throws {
        let section = Self.proxied + "listen: [{address: '0.0.0.0:8080'}, {address: '127.0.0.1:8081'}]"
        let found = try Self.warnings(section)
        #expect(found.count == 1 && found[0].hasPrefix("listen[0].address: plain HTTP on 0.0.0.0:8080"))
        let tls = "listen: [{address: '0.0.0.0:8443', tls: {certificate_file: /c, private_key_file: /k}}]"
        #expect(try Self.warnings(tls).isEmpty)
    }

    @Test("S-23: a proxy that is not trusted makes all users one source")
    func untrustedProxy() throws {
        let found = try Self.warnings("listen: [{address: '127.0.0.1:8080'}]")
        #expect(found.count == 1 && found[0].hasPrefix("trusted_proxies: "))
        #expect(try Self.warnings(Self.proxied).isEmpty)
        #expect(try Self.warnings("", issuer: "http://127.0.0.1:8080").isEmpty)
    }

    @Test(
        "S-23: everybody with an account at a public provider may log in",
        arguments: [
            "preset: github", "preset: github-app", "preset: google", "preset: gitlab", "preset: atlassian",
            "preset: entra, issuer: 'https://login.microsoftonline.com/common/v2.0'",
            "preset: entra, issuer: 'https://login.microsoftonline.com/organizations/v2.0'",
            "preset: entra, issuer: 'https://login.microsoftonline.com/consumers/v2.0'",
        ]
    )
    func publicProvider(preset: String) throws {
        func upstream(_ more: String) -> String {
            Self.proxied + "upstreams: [{name: n, client_id: c, client_secret: {env: S}, \(preset)\(more)}]"
        }
        let found = try Self.warnings(upstream(""))
        #expect(found.count == 1 && found[0].hasPrefix("upstreams[0].required_claims: everybody with an account"))
        #expect(try Self.warnings(upstream(", anyone: true")).isEmpty)
        #expect(try Self.warnings(upstream(", required_claims: {hd: [a.example]}")).isEmpty)
    }

    @Test(
        "S-23: an organization's own site has the organization's accounts",
        arguments: [
            "preset: gitlab, issuer: 'https://gitlab.a.example'", "preset: okta, issuer: 'https://a.okta.com'",
            "preset: entra, issuer: 'https://login.microsoftonline.com/0f1e2d3c-0000-0000-0000-000000000000/v2.0'",
            "type: oidc, issuer: 'https://idp.a.example'",
        ]
    )
    func ownSite(preset: String) throws {
        let upstream = "upstreams: [{name: n, client_id: c, client_secret: {env: S}, \(preset)}]"
        #expect(try Self.warnings(Self.proxied + upstream).isEmpty)
    }

    @Test("P-6, P-15: each loosened check of a provider is reported once, with the path of its key")
    func loosenedChecks() throws {
        let upstream = "name: n, type: oidc, issuer: 'https://i.example', client_id: c, client_secret: {env: S}"
        let text = "issuer: http://127.0.0.1:8080\nupstreams: [{\(upstream), pkce: off, clock_skew: 120s}]"
        let loaded = try ConfigurationLoader(environment: ["S": "a-client-secret"]).loadAll(text: text)
        #expect(loaded.warnings.map(\.path) == ["upstreams[0].pkce", "upstreams[0].clock_skew"])
        // These are logged where a provider is made, which embedded servers do too.
        #expect(loaded.hostWarnings.isEmpty)
    }

    @Test("S-17: an administrator's token needs TLS or loopback; the override warns")
    func administratorToken() throws {
        func management(_ more: String) -> String {
            "issuer: https://a.example\n\(Self.proxied)management: {address: '0.0.0.0:9090', admin_token: {env: T}\(more)}"
        }
        let refused = refusals(management(""))
        #expect(refused.count == 1 && refused[0].hasPrefix("management.address: the administrator's token would cross"))
        let overridden = try decode(management(", allow_plain_http: true")).warnings.map(\.description)
        #expect(overridden.count == 1 && overridden[0].hasPrefix("management.allow_plain_http: "))
        let tls = ", tls: {certificate_file: /c, private_key_file: /k}"
        #expect(try decode(management(tls)).warnings.isEmpty)
        #expect(refusals("issuer: https://a.example\nmanagement: {address: '0.0.0.0:9090'}").isEmpty)
        #expect(
            refusals("issuer: https://a.example\nmanagement: {address: '[::1]:9090', admin_token: {env: T}}").isEmpty
        )
    }

    @Test("S-17: names of the management listener are host names")
    func hosts() throws {
        #expect(
            try decode("issuer: https://a.example\nmanagement: {hosts: [gatehouse.svc]}").management.hosts.count == 1
        )
        #expect(!refusals("issuer: https://a.example\nmanagement: {hosts: ['http://x']}").isEmpty)
    }

    @Test("S-18: secrets and private keys that every user of the machine can read are named")
    func readableSecrets() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // A temporary directory that could not be removed is no reason to fail the test.
            try? FileManager.default.removeItem(at: folder)
        }
        let file = folder.appending(path: "token").path()
        try Data("a-token-of-the-administrator-0123456789abcdef".utf8).write(to: URL(filePath: file))
        let text = "issuer: http://127.0.0.1:8080\nmanagement: {admin_token: {file: \(file)}}"
        for (mode, isWarned) in [(0o644, true), (0o604, true), (0o640, false), (0o400, false)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            let loaded = try ConfigurationLoader(environment: [:]).loadAll(text: text)
            #expect(loaded.warnings.contains { $0.path == "management.admin_token" } == isWarned, "\(mode)")
            #expect(!loaded.warnings.description.contains("a-token-of"))
        }
    }
}
