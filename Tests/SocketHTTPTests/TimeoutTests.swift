import Glibc
import HTTPTypes
import SocketHTTP
import Testing

@Suite("D-74: slow clients and too many of them", .timeLimit(.minutes(10)))
struct TimeoutTests {
    private func impatient(_ configuration: inout ServerConfiguration) {
        configuration.headerTimeout = .milliseconds(150)
        configuration.bodyTimeout = .milliseconds(150)
        configuration.idleTimeout = .milliseconds(150)
        configuration.writeTimeout = .milliseconds(150)
    }

    @Test(
        "a request that stops half way is 408",
        arguments: [
            "G", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        ]
    )
    func stalled(text: String) async throws {
        try await withServer(configure: impatient) { server, address in
            let client = try RawClient(address)
            try client.send(text)
            let response = try client.receiveResponse()
            #expect(response.status == 408)
            #expect(response["connection"] == "close")
            #expect(try client.receive().isEmpty)
            #expect(server.counters.rejectedRequests == [408: 1])
        }
    }

    @Test("the deadline is for the whole header: a byte now and then does not extend it", arguments: [false, true])
    func drip(inBody: Bool) async throws {
        try await withServer(configure: impatient) { _, address in
            let client = try RawClient(address)
            try client.send(
                inBody ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" : "GET / HTTP/1.1\r\nA: "
            )
            var sent = 0
            // Each poll waits at most 10 ms for the refusal; without one the next byte follows.
            while !isReadable(client, milliseconds: 10), sent < 2_000 {
                try client.send("a")
                sent += 1
            }
            #expect(sent > 1 && sent < 2_000)
            #expect(try client.receiveResponse().status == 408)
        }
    }

    @Test("idle connections, fresh or kept alive, are closed without a word")
    func idle() async throws {
        try await withServer(configure: impatient) { server, address in
            let fresh = try RawClient(address)
            let kept = try RawClient(address)
            try kept.send(.get("/"))
            _ = try kept.receiveResponse()
            #expect(try fresh.receiveAll() == "")
            #expect(try kept.receiveAll() == "")
            #expect(server.counters.rejectedRequests.isEmpty)
        }
    }

    @Test("a client that does not read its response is cut off")
    func unread() async throws {
        let large = ClosureResponder { _ in Response(status: .ok, body: [UInt8](repeating: 97, count: 16 << 20)) }
        try await withServer(configure: impatient, responder: large) { server, address in
            let client = try RawClient(address, receiveBufferBytes: 4_096)
            try client.send(.get("/"))
            while server.counters.openConnections != 0 || server.counters.acceptedConnections == 0 {
                await Task.yield()
            }
            #expect(server.counters.bytesSent < 16 << 20)
        }
    }

    @Test("a large response arrives whole at a client that reads slowly enough to fill the socket")
    func large() async throws {
        let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) | 0x40 }
        let large = ClosureResponder { _ in Response(status: .ok, body: bytes) }
        try await withServer(responder: large) { server, address in
            let client = try RawClient(address, receiveBufferBytes: 4_096)
            try client.send(.get("/", fields: "Connection: close\r\n"))
            var received: [UInt8] = []
            while true {
                let piece = try client.receive()
                if piece.isEmpty { break }
                received += piece
            }
            #expect(received.suffix(bytes.count) == bytes[...])
            #expect(server.counters.bytesSent == received.count)
        }
    }

    @Test("beyond the bound connections are answered 503 and closed; when one ends there is room again")
    func connectionBound() async throws {
        try await withServer(configure: { $0.connectionsMax = 2 }) { server, address in
            var first: RawClient? = try RawClient(address)
            let second = try RawClient(address)
            for client in [first, second] {
                try client?.send(.get("/"))
                #expect(try client?.receiveResponse().status == 200)
            }
            let third = try RawClient(address)
            let refused = try third.receiveResponse()
            #expect(refused.status == 503)
            #expect(refused["retry-after"] == "1")
            #expect(try third.receiveAll() == "")
            #expect(server.counters.refusedConnections == 1)
            first = nil
            while server.counters.openConnections == 2 { await Task.yield() }
            let fourth = try RawClient(address)
            try fourth.send(.get("/"))
            #expect(try fourth.receiveResponse().status == 200)
            #expect(server.counters.openConnections == 2)
        }
    }

    @Test("a connection may be bounded in requests")
    func requestsPerConnection() async throws {
        try await withServer(configure: { $0.requestsPerConnectionMax = 2 }) { _, address in
            let client = try RawClient(address)
            try client.send(.get("/a") + .get("/b") + .get("/c"))
            #expect(try client.receiveResponse()["connection"] == nil)
            #expect(try client.receiveResponse()["connection"] == "close")
            #expect(try client.receiveAll() == "")
        }
    }

    @Test("a body of 10 MB is refused at its announcement, and the answer survives the bytes that follow")
    func largeBody() async throws {
        try await withServer { server, address in
            let client = try RawClient(address)
            try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10485760\r\n\r\n")
            try client.send([UInt8](repeating: 97, count: 10_485_760))
            #expect(try client.receiveResponse().status == 413)
            #expect(server.counters.rejectedRequests == [413: 1])
        }
    }

    @Test("resets and half requests leave nothing open")
    func resets() async throws {
        try await withServer { server, address in
            for index in 0..<20 {
                let client = try RawClient(address)
                try client.send(index % 2 == 0 ? "GET / HT" : .get("/"))
                if index % 4 < 2 { client.reset() }
            }
            while server.counters.acceptedConnections < 20 || server.counters.openConnections > 0 { await Task.yield() }
        }
    }

    private func isReadable(_ client: RawClient, milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) > 0
    }
}
