import Testing

@testable import OutboundHTTP

/// N-2: networks whose only way out is a proxy.
@Suite(.timeLimit(.minutes(10)))
struct MandatoryProxyTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    private func configuration(
        _ proxy: RawServer,
        credentials: String? = nil,
        exceptions: [String] = [],
        resolver: any HostResolver = ScriptedResolver([:])
    ) -> CurlClient.Configuration {
        .init(
            proxy: .mandatory(url: proxy.url(""), credentials: credentials, exceptions: ProxyExceptions(exceptions)),
            resolver: resolver
        )
    }

    @Test(
        "N-2: every policy uses the proxy, which looks the name up",
        arguments: [AddressPolicy.publicOnly, .allowPrivate]
    )
    func proxied(policy: AddressPolicy) async throws {
        let proxy = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.line.utf8.count)\r\n\r\n\(request.line)")
        }
        let resolver = ScriptedResolver([:])
        try await withClient(configuration(proxy, resolver: resolver)) { client in
            let response = try await client.send(OutboundRequest(url: "http://idp.test/x", addressPolicy: policy))
            #expect(response.text == "GET http://idp.test/x HTTP/1.1")
            #expect(resolver.questions.isEmpty)
        }
    }

    @Test("N-2: https uses a tunnel, with the proxy's credentials; a refused tunnel has sent nothing")
    func tunnel() async throws {
        let (requests, report) = AsyncStream.makeStream(of: RawRequest?.self)
        let proxy = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            report.yield(request)
            connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }
        try await withClient(configuration(proxy, credentials: "gatehouse:pass word")) { client in
            var request = OutboundRequest(method: "POST", url: "https://idp.test/token", body: Array("code=c".utf8))
            request.headerFields = [("authorization", "Basic secret")]
            let error = try await client.failure(of: request)
            #expect(error.code == .connectFailed)
            report.yield(nil)
            let first = await requests.first { _ in true }
            let seen = try #require(first?.flatMap { $0 })
            #expect(seen.line == "CONNECT idp.test:443 HTTP/1.1")
            #expect(seen.values(of: "Proxy-Authorization") == ["Basic Z2F0ZWhvdXNlOnBhc3Mgd29yZA=="])
            #expect(seen.values(of: "Authorization").isEmpty)
        }
    }

    @Test("N-2: exceptions are reached directly, under the whole address policy")
    func exceptions() async throws {
        let proxy = try RawServer.answering(Self.ok)
        let server = try RawServer.answering(Self.ok)
        let resolver = ScriptedResolver(["inside.corp.test": ["127.0.0.1"], "idp.corp.test": ["127.0.0.1"]])
        let settings = configuration(proxy, exceptions: [".corp.test"], resolver: resolver)
        try await withClient(settings) { client in
            let url = server.url(host: "idp.corp.test")
            let response = try await client.send(OutboundRequest(url: url, addressPolicy: .loopbackAllowed))
            #expect(response.status == 200)
            let refused = try await client.failure(of: OutboundRequest(url: server.url(host: "inside.corp.test")))
            #expect(refused.code == .addressRefused)
            #expect((proxy.connectionCount, server.connectionCount) == (0, 1))
        }
    }

    @Test("N-2: this machine is never reached through a proxy, where localhost would be another one")
    func loopback() async throws {
        let proxy = try RawServer.answering(Self.ok)
        let server = try RawServer.answering(Self.ok)
        let resolver = ScriptedResolver(["localhost": ["127.0.0.1"]])
        try await withClient(configuration(proxy, resolver: resolver)) { client in
            for host in ["127.0.0.1", "localhost"] {
                let url = server.url(host: host)
                let response = try await client.send(OutboundRequest(url: url, addressPolicy: .loopbackAllowed))
                #expect(response.status == 200)
                let refused = try await client.failure(of: OutboundRequest(url: url))
                #expect(refused.code == .addressRefused)
            }
            #expect(proxy.connectionCount == 0)
        }
    }

    @Test(
        "N-2: addresses and spellings that the policy refuses do not reach the proxy",
        arguments: ["10.0.0.1", "169.254.169.254", "[fd00::1]", "0x7f.1", "2130706433", "intranet", "idp.test."]
    )
    func refused(host: String) async throws {
        let proxy = try RawServer.answering(Self.ok)
        try await withClient(configuration(proxy)) { client in
            let error = try await client.failure(of: OutboundRequest(url: "https://\(host)/"))
            #expect(error.code == .addressRefused)
            #expect(proxy.connectionCount == 0)
        }
    }

    @Test("N-2: the link's metadata service is refused under lax policies too")
    func metadataService() async throws {
        let proxy = try RawServer.answering(Self.ok)
        try await withClient(configuration(proxy)) { client in
            let url = "http://169.254.169.254/latest/"
            let error = try await client.failure(of: OutboundRequest(url: url, addressPolicy: .allowPrivate))
            #expect(error.code == .addressRefused)
            #expect(proxy.connectionCount == 0)
        }
    }

    @Test(
        "N-2: exceptions are names with what is below them, addresses, blocks, or everything",
        arguments: [
            ("idp.corp", "idp.corp", true), ("corp", "IDP.Corp", true), (".corp", "idp.corp", true),
            ("corp", "corp", true),
            (".corp", "corp", true), ("corp", "evilcorp", false), ("corp", "corp.evil.test", false),
            ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("10.0.0.0/8", "ten.test", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "[fe80::1]", false),
            ("2001:db8::/80", "[2001:db8::1:0:0]", true),
            ("2001:db8::/80", "[2001:db8::1:0:0:0]", false), ("::/0", "[2600::1]", true), ("*", "idp.test", true),
            ("none.test", "localhost", true), ("none.test", "app.localhost", true), ("none.test", "127.0.0.9", true),
            ("none.test", "[::1]", true), ("none.test", "idp.test", false),
        ]
    )
    func rules(exception: String, host: String, isExcepted: Bool) {
        #expect(ProxyExceptions([exception]).contains(host) == isExcepted)
    }
}
