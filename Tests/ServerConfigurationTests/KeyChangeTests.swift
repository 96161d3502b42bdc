import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("What differs between two configurations")
struct KeyChangeTests {
    private func configuration() throws -> Configuration {
        Configuration(issuer: try Issuer("http://127.0.0.1:8080"), listen: [])
    }

    private func changes(_ change: (inout Configuration) -> Void) throws -> [String] {
        let old = try configuration()
        var new = old
        change(&new)
        return old.changes(to: new).map { "\($0.path) \($0.isReloaded ? "reload" : "restart")" }
    }

    @Test("nothing, one key, a key of a section, and what a reload takes of each")
    func changes() throws {
        #expect(try changes { _ in }.isEmpty)
        #expect(try changes { $0.scopes = ScopeSet(["mcp:read"]) } == ["scopes reload"])
        #expect(try changes { $0.tokens.sessionLifetime = .seconds(60) } == ["tokens.session_lifetime restart"])
        let limits = try changes {
            $0.limits.connections = 5
            $0.limits.registrationsPerSource = .init(burst: 1, perMinute: 1)
        }
        #expect(
            limits == [
                "limits.registrations_per_source.burst reload", "limits.registrations_per_source.per_minute reload",
            ]
                + ["limits.connections restart"]
        )
    }

    @Test("a secret is no difference; that there is one is")
    func secrets() throws {
        var old = try configuration()
        old.management.adminToken = .value(SecretValue("one"))
        var new = old
        new.management.adminToken = .value(SecretValue("another"))
        #expect(old.changes(to: new).isEmpty)
        new.management.adminToken = nil
        #expect(old.changes(to: new).map(\.path) == ["management.admin_token"])
    }

    @Test("the reference page names what a reload takes")
    func page() {
        let row = ConfigurationReference.page.split(separator: "\n").first { $0.hasPrefix("| taken by a reload") } ?? ""
        for key in ["`scopes`", "`resources`", "`clients`", "`limits.failures_per_source`"] {
            #expect(row.contains(key))
        }
        #expect(!row.contains("`upstreams`") && !row.contains("`limits.connections`"))
    }
}
