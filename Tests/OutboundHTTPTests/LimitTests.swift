import OutboundHTTP
import Testing

/// D-85: the other side is slow, endless or too big.
@Suite(.timeLimit(.minutes(10)))
struct LimitTests {
    private func request(_ server: RawServer, _ limits: OutboundRequest.Limits) -> OutboundRequest {
        OutboundRequest(url: server.url(), limits: limits, addressPolicy: .allowPrivate)
    }

    @Test("An answer that never begins is a timeout, and the connection is dropped")
    func slowHeader() async throws {
        let (closes, report) = AsyncStream.makeStream(of: Bool.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            report.yield(connection.waitForClose())
        }
        try await withClient { client in
            let started = ContinuousClock.now
            let error = try await client.failure(of: request(server, .init(totalTimeout: .milliseconds(150))))
            #expect(error.code == .timeout)
            #expect(ContinuousClock.now - started >= .milliseconds(150))
            #expect(await closes.first { _ in true } == true)
        }
    }

    @Test("D-85: a body that drips does not outlast the total timeout")
    func drip() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.write("x"), !connection.waitForClose(milliseconds: 10) {}
        }
        let error = try await withClient {
            try await $0.failure(of: request(server, .init(totalTimeout: .milliseconds(200))))
        }
        #expect(error.code == .timeout)
    }

    @Test("D-85: 10 MB are cut off at 64 KiB, announced or not", arguments: [true, false])
    func largeBody(isAnnounced: Bool) async throws {
        let (writes, report) = AsyncStream.makeStream(of: Int.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\(isAnnounced ? "Content-Length: 10485760\r\n" : "")\r\n")
            var written = 0
            let chunk = [UInt8](repeating: 0x61, count: 16 << 10)
            while written < 640, connection.write(chunk) { written += 1 }
            report.yield(written)
        }
        try await withClient { client in
            let error = try await client.failure(of: request(server, .init(responseBytesMax: 64 << 10)))
            #expect(error.code == .tooLarge)
            // The connection was aborted: most of the body could not be written.
            #expect(try #require(await writes.first { _ in true }) < 640)
        }
    }

    @Test("A body of exactly the limit is taken")
    func exactBody() async throws {
        let server = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde")
        try await withClient { client in
            let response = try await client.send(request(server, .init(responseBytesMax: 5)))
            #expect(response.text == "abcde")
            let error = try await client.failure(of: request(server, .init(responseBytesMax: 4)))
            #expect(error.code == .tooLarge)
        }
    }

    @Test("A header without end is cut off")
    func largeHeader() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-Padding: \(String(repeating: "a", count: 1000))\r\n") {}
        }
        let error = try await withClient { try await $0.failure(of: request(server, .init())) }
        #expect(error.code == .tooLarge)
    }

    @Test("A request that waits for a free connection is under the total timeout too")
    func waitingForConnection() async throws {
        let (arrivals, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer.silent { report.yield($0) }
        try await withClient(.init(proxy: .none, connectionsPerHostMax: 1)) { client in
            async let first = client.failure(of: request(server, .init(totalTimeout: .seconds(20))))
            _ = await arrivals.first { _ in true }
            let error = try await client.failure(of: request(server, .init(totalTimeout: .milliseconds(100))))
            #expect(error.code == .timeout)
            #expect(server.connectionCount == 1)
            await client.shutdown()
            let aborted = try await first
            #expect(aborted.code == .cancelled)
        }
    }

    @Test("D-90: more requests to one host than its limit are refused, not queued")
    func perHost() async throws {
        let (arrivals, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer.silent { report.yield($0) }
        try await withClient { client in
            let limited = request(server, .init(totalTimeout: .seconds(20), requestsPerHostMax: 1))
            let first = Task { try await client.failure(of: limited) }
            _ = await arrivals.first { _ in true }
            let second = try await client.failure(of: limited)
            #expect(second.code == .overloaded)
            first.cancel()
            let cancelled = try await first.value
            #expect(cancelled.code == .cancelled)
            // The place is free again: this one is dialled and times out.
            var next = limited
            next.limits.totalTimeout = .milliseconds(50)
            let third = try await client.failure(of: next)
            #expect(third.code == .timeout)
        }
    }

    @Test("More requests than the client's bound are refused")
    func total() async throws {
        let (arrivals, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer.silent { report.yield($0) }
        try await withClient(.init(proxy: .none, requestsMax: 1)) { client in
            async let first = client.failure(of: request(server, .init(totalTimeout: .seconds(20))))
            _ = await arrivals.first { _ in true }
            let second = try await client.failure(of: request(server, .init()))
            #expect(second.code == .overloaded)
            await client.shutdown()
            let aborted = try await first
            #expect(aborted.code == .cancelled)
        }
    }

    @Test("No listener is connectFailed, a name without address resolveFailed")
    func unreachable() async throws {
        let url: String
        do { url = try RawServer.silent().url() }
        try await withClient(.init(proxy: .none, resolver: ScriptedResolver([:]))) { client in
            let refused = try await client.failure(of: OutboundRequest(url: url, addressPolicy: .allowPrivate))
            #expect(refused.code == .connectFailed)
            let unknown = try await client.failure(of: OutboundRequest(url: "http://nowhere.test/"))
            #expect(unknown.code == .resolveFailed)
        }
    }

    @Test("A name server that does not answer is a timeout")
    func slowResolver() async throws {
        let resolver = BlockedResolver()
        defer { resolver.release() }
        try await withClient(.init(proxy: .none, resolver: resolver)) { client in
            let limits = OutboundRequest.Limits(connectTimeout: .milliseconds(100), totalTimeout: .seconds(20))
            let error = try await client.failure(of: OutboundRequest(url: "http://slow.test/", limits: limits))
            #expect(error.code == .timeout)
        }
    }
}
