import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("RFC 7239 §8.1: whose address a request has (D-71, D-72)")
struct SourceAddressTests {
    private static func sources(
        trusted: [AddressRange],
        _ fields: [(name: String, value: String)]
    ) async throws -> [String] {
        var sources: [String] = []
        func configure(_ configuration: inout Configuration) { configuration.trustedProxies = trusted }
        try await BrowserScene.run(configure: configure) { scene in
            _ = try await scene.open(["response_type": "token"], headerFields: fields)
            sources = try scene.auditEvents("authorization.refused").compactMap { $0["source"]?.stringValue }
        }
        return sources
    }

    @Test("X-Forwarded-For is ignored by default")
    func untrusted() async throws {
        let fields = [(name: "x-forwarded-for", value: "203.0.113.9"), (name: "forwarded", value: "for=203.0.113.9")]
        #expect(try await Self.sources(trusted: [], fields) == ["127.0.0.1"])
        let other = AddressRange(try #require(IPAddress("10.0.0.0")), prefixLength: 8)
        #expect(try await Self.sources(trusted: [other], fields) == ["127.0.0.1"])
    }

    @Test("trusted_proxies: the last address before the trusted ones, and nothing that comes before it")
    func trusted() async throws {
        let loopback = AddressRange(.loopback, prefixLength: 8)
        let proxies = [loopback, AddressRange(try #require(IPAddress("10.0.0.0")), prefixLength: 8)]
        let table = [
            ("203.0.113.9", "203.0.113.9"), ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"), (" 2001:db8::7 ", "2001:db8::7"),
            ("nonsense", "127.0.0.1"), ("203.0.113.9, nonsense", "127.0.0.1"), ("", "127.0.0.1"),
            ("10.0.0.1, 10.0.0.2", "10.0.0.1"), ("203.0.113.9:1234", "203.0.113.9"),
        ]
        for (value, expected) in table {
            let sources = try await Self.sources(trusted: proxies, [(name: "x-forwarded-for", value: value)])
            #expect(sources == [expected], "\(value)")
        }
    }

    @Test("D-80: behind a trusted proxy each client has its own allowance")
    func allowances() async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.trustedProxies = [AddressRange(.loopback, prefixLength: 32)]
            configuration.limits.registrationsPerSource = .init(burst: 2, perMinute: 1)
        }
        try await TestServer.run(configure: configure) { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let registration: JSONObject = ["redirect_uris": ["http://127.0.0.1/cb"]]
            func register(_ source: String) async throws -> Int {
                try await client.send(
                    "POST",
                    "/oauth/register",
                    headerFields: [("content-type", "application/json"), ("x-forwarded-for", source)],
                    body: registration.serialized()
                ).status
            }
            var statuses: [Int] = []
            for source in ["203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "198.51.100.7, 203.0.113.1"] {
                statuses.append(try await register(source))
            }
            #expect(statuses == [201, 201, 429, 201, 429])
        }
    }
}
