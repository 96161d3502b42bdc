import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("S-04: the start refuses secrets of the operator that can be guessed")
struct WeakSecretTests {
    private static let sections = [
        ("management.admin_token", "management: {admin_token: {env: S}@}"),
        ("forward_auth.secret", "forward_auth: {secret: {env: S}@}"),
        ("registration.initial_access_token", "registration: {initial_access_token: {env: S}@}"),
        (
            "clients[0].client_secret",
            "clients: [{client_id: c, client_secret: {env: S}, grant_types: [client_credentials]@}]"
        ),
        (
            "resources[0].client_secret",
            "resources: [{uri: 'https://m.example/', client_id: m, client_secret: {env: S}@}]"
        ),
    ]

    private func errors(_ section: String, secret: String) -> [ConfigurationError] {
        do throws(ConfigurationErrors) {
            let long = String(repeating: "0123456789abcdef", count: 2)
            _ = try ConfigurationLoader(environment: ["S": secret, "L": long])
                .load(text: "issuer: https://a.example\n" + section)
            return []
        } catch {
            return error.errors
        }
    }

    @Test("S-04: hunter2 stops the start wherever callers present it, by its key and without its text")
    func refused() {
        for (path, section) in Self.sections {
            let errors = errors(section.replacing("@", with: ""), secret: "hunter2")
            #expect(errors.map(\.path) == [path])
            #expect(errors.first?.message.contains("allow_short_secret") ?? false)
            #expect(!errors.contains { "\($0)".contains("hunter2") })
        }
    }

    @Test("S-04: allow_short_secret in the same section permits it, and a long secret needs no permission")
    func accepted() {
        for (_, section) in Self.sections {
            #expect(errors(section.replacing("@", with: ", allow_short_secret: true"), secret: "hunter2").isEmpty)
            let long = String(repeating: "0123456789abcdef", count: 2)
            #expect(errors(section.replacing("@", with: ""), secret: long).isEmpty)
        }
    }

    @Test("S-04, N-3: each of several secrets is judged, and refused by its place in the list")
    func lists() {
        for (path, section) in Self.sections {
            let list = section.replacing("{env: S}", with: "[{env: L}, {env: S}]").replacing("@", with: "")
            #expect(errors(list, secret: "hunter2").map(\.path) == [path + "[1]"])
            let permitted = list.replacing("{env: S}]", with: "{env: S}], allow_short_secret: true")
            #expect(errors(permitted, secret: "hunter2").isEmpty)
        }
    }

    @Test("S-04: a secret that a provider issued to us is not checked")
    func upstream() {
        let upstream =
            "upstreams: [{name: n, type: oidc, issuer: 'https://i.example', client_id: c, client_secret: {env: S}}]"
        #expect(errors(upstream, secret: "short").isEmpty)
    }
}
