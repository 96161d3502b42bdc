import OAuthProtocol
import Testing

@testable import ServerConfiguration

@Suite("management.socket")
struct ManagementSocketKeyTests {
    @Test("is a path that the kernel can bind, wherever the server starts")
    func rule() {
        #expect(ConfigurationRules.socketPathObjection("/run/gatehouse/management.sock") == nil)
        #expect(ConfigurationRules.socketPathObjection("/" + String(repeating: "a", count: 106)) == nil)
        for wrong in ["management.sock", "./a", "", "/run/gatehouse/", "/", "/a\0b", "@abstract"] {
            #expect(ConfigurationRules.socketPathObjection(wrong) != nil, "\(wrong)")
        }
        #expect(ConfigurationRules.socketPathObjection("/" + String(repeating: "a", count: 107)) != nil)
    }

    @Test("needs a restart when it changes")
    func change() throws {
        let old = Configuration(issuer: try Issuer("http://127.0.0.1:8080"), listen: [])
        var new = old
        new.management.socket = "/run/gatehouse/management.sock"
        let changes = old.changes(to: new)
        #expect(changes.map(\.path) == ["management.socket"])
        #expect(changes.filter(\.isReloaded).isEmpty)
    }
}
