import OutboundHTTP
import Testing

/// D-81 … D-84: requests forged through us, tried for real.
@Suite(.timeLimit(.minutes(10)))
struct AddressPolicyTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test("D-81, D-82: no spelling of this host is dialled under publicOnly")
    func spellingsOfLoopback() async throws {
        let server = try RawServer.answering(Self.ok)
        let hosts = [
            "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "0x7f.1", "2130706433", "127.1", "0177.0.0.1",
            "0.0.0.0", "0",
            "127.0.0.1.", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
        ]
        try await withClient { client in
            for host in hosts {
                let error = try await client.failure(of: OutboundRequest(url: server.url(host: host)))
                #expect(error.code == .addressRefused, "\(host): \(error)")
            }
            // A permitted request comes through, and it is the only connection that the server has seen.
            _ = try await client.send(OutboundRequest(url: server.url(), addressPolicy: .loopbackAllowed))
            #expect(server.connectionCount == 1)
        }
    }

    @Test(
        "The link and reserved addresses are refused at the socket even where private networks are allowed",
        arguments: [
            "169.254.169.254", "0xa9fea9fe", "2852039166", "0.0.0.0", "[::]", "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
            "100.100.100.200", "[fe80::1]", "255.255.255.255",
        ]
    )
    func metadataServices(host: String) async throws {
        let error = try await withClient {
            try await $0.failure(
                of: OutboundRequest(url: "http://\(host)/latest/meta-data/", addressPolicy: .allowPrivate)
            )
        }
        #expect(error.code == .addressRefused, "\(error)")
    }

    @Test(
        "D-83: one address that is not permitted among those of a name refuses the name",
        arguments: [
            ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2600::1", "::1"], ["10.0.0.1"],
            ["8.8.8.8", "169.254.169.254"],
        ]
    )
    func mixedAddresses(addresses: [String]) async throws {
        let resolver = ScriptedResolver(["mixed.test": addresses])
        let server = try RawServer.answering(Self.ok)
        let error = try await withClient(.init(proxy: .none, resolver: resolver)) {
            try await $0.failure(of: OutboundRequest(url: server.url(host: "mixed.test")))
        }
        #expect(error.code == .addressRefused)
        #expect(server.connectionCount == 0)
    }

    @Test("D-83: the address that was vetted is the one that is dialled; the name is looked up once")
    func pinning() async throws {
        let resolver = ScriptedResolver(["rebind.test": ["127.0.0.1"]])
        let (requests, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                report.yield(request)
                connection.write(Self.ok)
            }
        }
        try await withClient(.init(proxy: .none, resolver: resolver)) { client in
            // Only the scripted resolver knows the name: a second look-up would find nothing.
            let request = OutboundRequest(url: server.url(host: "Rebind.test"), addressPolicy: .loopbackAllowed)
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(resolver.questions == ["rebind.test"])
            let seen = try #require(await requests.first { _ in true })
            #expect(seen.values(of: "Host") == ["Rebind.test:\(server.port)"])
        }
    }

    @Test(
        "localhost is dialled where loopback is permitted",
        arguments: [AddressPolicy.loopbackAllowed, .allowPrivate]
    )
    func localhost(policy: AddressPolicy) async throws {
        let server = try RawServer.answering(Self.ok)
        try await withClient { client in
            let response = try await client.send(
                OutboundRequest(url: server.url(host: "localhost"), addressPolicy: policy)
            )
            #expect(response.status == 200)
        }
    }

    @Test("A strict policy bypasses the proxy, the others use it")
    func proxy() async throws {
        let proxy = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.line.utf8.count)\r\n\r\n\(request.line)")
        }
        let server = try RawServer.answering(Self.ok)
        try await withClient(.init(proxy: .url(proxy.url()))) { client in
            let proxied = try await client.send(OutboundRequest(url: "http://idp.test/x", addressPolicy: .unrestricted))
            #expect(proxied.text == "GET http://idp.test/x HTTP/1.1")
            let direct = try await client.send(OutboundRequest(url: server.url(), addressPolicy: .loopbackAllowed))
            #expect(direct.body.isEmpty)
            #expect((proxy.connectionCount, server.connectionCount) == (1, 1))
            let refused = try await client.failure(of: OutboundRequest(url: server.url()))
            #expect(refused.code == .addressRefused)
        }
    }
}
