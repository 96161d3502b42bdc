import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The keys of type: static")
struct EnteredCredentialKeyTests {
    private static func yaml(_ keys: String) -> String {
        "issuer: https://a.example\nupstreams:\n  - {name: w, type: static, \(keys)}"
    }

    @Test("are read")
    func read() throws {
        let keys = """
            fields: [{name: user, secret: false, label: Your user}, {name: token, pattern: 'x+', help_url: 'https://h.example/'}], \
            header: X-Api-Key, format: 'Basic base64({user}:{token})', expires_after: 90d, \
            check: {url: 'https://w.example/me', method: HEAD, status: 204}
            """
        let upstream = try #require(
            try Configuration(decoding: try YAMLConfiguration.parse(Self.yaml(keys))).upstreams.first
        )
        #expect(upstream.preset == .entered && upstream.login == .onDemand)
        #expect(upstream.entered.fields.map(\.name) == ["user", "token"])
        #expect(upstream.entered.fields.map(\.isSecret) == [false, true])
        #expect(upstream.entered.header == "X-Api-Key")
        #expect(upstream.entered.lifetime == .seconds(90 * 86_400))
        #expect(upstream.entered.check?.status == 204 && upstream.entered.check?.method == .head)
    }

    @Test("are refused where they mean nothing", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static func pattern(_ text: String) -> Refusal {
        Refusal(
            yaml("fields: [{name: a, pattern: '\(text)'}]"),
            """
            upstreams[0].fields[0].pattern: is not a regular expression of characters, classes and counts, without groups, \
            of at most 256 characters (line 3)
            """
        )
    }

    private static let refused = [
        Refusal(yaml("header: X-Key"), "upstreams[0].fields: is required (line 3)"),
        Refusal(
            yaml("fields: [{name: a}, {name: b}]"),
            "upstreams[0].format: is required; there are several fields (line 3)"
        ),
        Refusal(yaml("fields: [{name: a}], format: '{b}'"), "upstreams[0].format: b is not one of the fields (line 3)"),
        Refusal(yaml("fields: [{name: a}], format: key"), "upstreams[0].format: has no field (line 3)"),
        Refusal(
            yaml("fields: [{name: a}], login: required"),
            "upstreams[0].login: must be on_demand; no login visits a type: static (line 3)"
        ),
        Refusal(
            yaml("fields: [{name: a}], client_id: x"),
            "upstreams[0].client_id: is not for type: static, whose credentials users enter (line 3)"
        ),
        pattern("("),
        // A regular expression that backtracks: a value can make it slow.
        pattern("(a+)+b"),
        Refusal(
            yaml("fields: [{name: a}], header: Cookie"),
            "upstreams[0].header: Cookie has a meaning of its own and cannot carry a field (line 3)"
        ),
        Refusal(
            """
            issuer: https://a.example
            upstreams:
              - {name: o, type: oidc, issuer: https://i.example, client_id: x, client_secret: {env: S}, header: X-Key}
            """,
            "upstreams[0].header: is only for type: static (line 3)"
        ),
    ]
}
