import SocketHTTP
import Testing

@Suite("Many TLS handshakes at once", .timeLimit(.minutes(10)))
struct HandshakeFloodTests {
    @Test("clients whose first flights arrive together are all answered, beside others that stay silent")
    func together() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { server, address in
            let silent = try (0..<8).map { _ in try RawClient(address) }
            let clients = try (0..<24).map { _ in try TLSClient(address) }
            for client in clients { try client.sayHello() }
            for client in clients {
                try client.handshake(andSend: .get("/a", fields: "Connection: close\r\n"))
                #expect(try client.receiveAll().hasSuffix("GET /a - "))
            }
            #expect(server.counters.failedHandshakes == 0)
            withExtendedLifetime(silent) {}
        }
    }

    @Test("a client that leaves without a byte, or after a part of its first flight, counts as a failed handshake")
    func abandoned() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { server, address in
            try RawClient(address).finishSending()
            let client = try RawClient(address)
            // The beginning of a handshake record of 512 bytes.
            try client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            client.finishSending()
            while server.counters.failedHandshakes < 2 { await Task.yield() }
            while server.counters.openConnections > 0 { await Task.yield() }
            #expect(server.counters.failedHandshakes == 2)
        }
    }
}
