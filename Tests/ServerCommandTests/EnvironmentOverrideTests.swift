import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("GATEHOUSE_ variables override the file")
struct EnvironmentOverrideTests {
    private func load(
        _ environment: [String: String],
        _ text: String = "issuer: https://a.example"
    ) throws -> Configuration {
        try ConfigurationLoader(environment: environment).load(text: text)
    }

    private func refusals(_ environment: [String: String], _ text: String = "issuer: https://a.example") -> [String] {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationLoader(environment: environment).load(text: text)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("an IPv6 address begins like a list, and is none")
    func address() throws {
        let configuration = try load(["GATEHOUSE_MANAGEMENT_ADDRESS": "[::1]:9091"])
        #expect(configuration.management.address.description == "[::1]:9091")
        #expect(!refusals(["GATEHOUSE_MANAGEMENT_ADDRESS": "[::1:9091"]).isEmpty)
    }

    @Test("for a value, a list, a map, and a value inside that map")
    func overrides() throws {
        let configuration = try load(
            [
                "GATEHOUSE_ISSUER": "https://b.example",
                "GATEHOUSE_TOKENS": "{access_token_lifetime: 2m, session_lifetime: 2d}",
                "GATEHOUSE_TOKENS_ACCESS_TOKEN_LIFETIME": "30m",
                "GATEHOUSE_SCOPES": "[openid, 'mcp:read']",
                "GATEHOUSE_LIMITS_FAILURES_PER_SOURCE_PER_MINUTE": "7",
                "GATEHOUSE_REGISTRATION_DYNAMIC": "false",
                "GATEHOUSE_UPSTREAMS": "[{name: n, type: oidc, issuer: 'https://i.example', client_id: c,"
                    + " token_endpoint_auth_method: none}]",
                "UNRELATED": "x",
            ],
            "issuer: https://a.example\ntokens: {access_token_lifetime: 5m, refresh_token_lifetime: 2h}"
        )
        #expect(configuration.issuer.text == "https://b.example")
        #expect(configuration.tokens.accessTokenLifetime == .seconds(1800))
        #expect(configuration.tokens.sessionLifetime == .seconds(2 * 86_400))
        #expect(configuration.tokens.refreshTokenLifetime == Configuration.Tokens().refreshTokenLifetime)
        #expect(configuration.scopes.text == "openid mcp:read")
        #expect(configuration.limits.failuresPerSource == .init(burst: 50, perMinute: 7))
        #expect(!configuration.registration.isDynamic)
        #expect(configuration.upstreams.map(\.name) == ["n"])
    }

    @Test("and every key outside lists has one")
    func everyKey() {
        for key in ConfigurationKey.all {
            guard let variable = key.environmentVariable else { continue }
            let lines = refusals([variable: "[{wrong: [[kind]]}]"])
            #expect(lines.contains { $0.hasPrefix(key.path) && $0.hasSuffix("(\(variable))") }, "\(variable): \(lines)")
        }
    }

    @Test("and an unknown name, a wrong value or a text in place of a list is refused")
    func refuses() {
        #expect(
            refusals(["GATEHOUSE_TOKEN_ACCESS_TOKEN_LIFETIME": "5m"]) == [
                "GATEHOUSE_TOKEN_ACCESS_TOKEN_LIFETIME: unknown environment variable; "
                    + "did you mean GATEHOUSE_TOKENS_ACCESS_TOKEN_LIFETIME?"
            ]
        )
        #expect(refusals(["GATEHOUSE_X": "1"]).first?.hasPrefix("GATEHOUSE_X: unknown environment variable") == true)
        #expect(refusals(["GATEHOUSE_ISSUER": ""]) == ["issuer: must not be empty (GATEHOUSE_ISSUER)"])
        #expect(refusals(["GATEHOUSE_SCOPES": "openid"]) == ["scopes: must be a list (GATEHOUSE_SCOPES)"])
        #expect(refusals(["GATEHOUSE_SCOPES": "[a"]).first?.hasPrefix("not valid YAML") == true)
        #expect(
            refusals(["GATEHOUSE_MANAGEMENT_ADMIN_TOKEN": "hunter2"]).first?.contains("hunter2") == false,
            "a secret must not be repeated"
        )
    }

    @Test("and variables of secrets and service links of Kubernetes may have the prefix")
    func tolerates() throws {
        let configuration = try load(
            [
                "GATEHOUSE_MY_ADMIN": "s3cret", "GATEHOUSE_SERVICE_HOST": "10.0.0.1",
                "GATEHOUSE_SERVICE_PORT_HTTPS": "8443", "GATEHOUSE_PORT": "tcp://10.0.0.1:8443",
                "GATEHOUSE_PORT_8443_TCP_ADDR": "10.0.0.1",
            ],
            "issuer: https://a.example\nmanagement: {admin_token: {env: GATEHOUSE_MY_ADMIN}, allow_short_secret: true}"
        )
        #expect(configuration.management.adminToken?.value?.text == "s3cret")
    }
}
