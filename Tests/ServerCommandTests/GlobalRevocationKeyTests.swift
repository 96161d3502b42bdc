import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The token with which a provider ends its users' sessions")
struct GlobalRevocationKeyTests {
    private func load(_ token: String, secret: String) throws -> Configuration {
        try ConfigurationLoader(environment: ["S": secret, "T": String(repeating: "0123456789abcdef", count: 2)])
            .load(
                text: """
                    issuer: https://a.example
                    upstreams:
                      - {name: n, type: oidc, issuer: "https://i.example", client_id: c, client_secret: {env: T},
                         global_revocation_token: \(token)}
                    """
            )
    }

    @Test("one or several are read; none by default")
    func read() throws {
        let long = String(repeating: "fedcba9876543210", count: 2)
        let one = try load("{env: S}", secret: long)
        #expect(one.upstreams.first?.globalRevocationToken?.values.map(\.text) == [long])
        #expect(
            try load("[{env: S}, {env: T}]", secret: long).upstreams.first?.globalRevocationToken?.values.count == 2
        )
        #expect(Configuration.Upstream(name: "n", clientID: "c").globalRevocationToken == nil)
    }

    @Test("one that can be guessed stops the start, and no key permits it")
    func weak() {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationLoader(environment: ["S": "hunter2", "T": "another-secret-of-the-provider"])
                .load(
                    text: """
                        issuer: https://a.example
                        upstreams:
                          - {name: n, type: oidc, issuer: "https://i.example", client_id: c, client_secret: {env: T},
                             global_revocation_token: {env: S}}
                        """
                )
            Issue.record("it was accepted")
        } catch {
            #expect(error.errors.map(\.path) == ["upstreams[0].global_revocation_token"])
            #expect(error.errors.first?.message.contains("openssl rand -hex 32") == true)
            #expect(error.errors.first?.message.contains("allow_short_secret") == false)
        }
    }

    @Test("global_revocation_jwt is off by default, and only for providers whose keys are known")
    func signed() throws {
        let start = "issuer: https://a.example\nupstreams:\n  - {name: n, client_id: c, client_secret: {env: T}, "
        let known = try decode(start + "type: oidc, issuer: 'https://i.example', global_revocation_jwt: true}")
        #expect(known.upstreams.first?.acceptsSignedRevocation == true)
        #expect(!Configuration.Upstream(name: "n", clientID: "c").acceptsSignedRevocation)
        let refusal = "upstreams[0].global_revocation_jwt: is only for OpenID Connect, whose discovery names the keys"
        #expect(refusals(start + "preset: github, global_revocation_jwt: true}") == [refusal + " (line 3)"])
    }
}
