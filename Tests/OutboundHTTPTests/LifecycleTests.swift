import OutboundHTTP
import Testing

/// Cancelling and shutting down: every request is completed, exactly once.
@Suite(.timeLimit(.minutes(10)))
struct LifecycleTests {
    private let limits = OutboundRequest.Limits(totalTimeout: .seconds(50))

    private func request(_ server: RawServer) -> OutboundRequest {
        OutboundRequest(url: server.url(), limits: limits, addressPolicy: .allowPrivate)
    }

    @Test("Cancelling the task aborts the transfer")
    func cancellation() async throws {
        let (events, report) = AsyncStream.makeStream(of: String.self)
        let server = try RawServer { connection in
            if connection.readRequest() != nil { report.yield("request") }
            if connection.waitForClose() { report.yield("close") }
        }
        try await withClient { client in
            let task = Task { try await client.failure(of: request(server)) }
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == "request")
            task.cancel()
            let error = try await task.value
            #expect(error.code == .cancelled)
            #expect(await iterator.next() == "close")
        }
    }

    @Test("A task that is cancelled before it sends does not send")
    func cancelledBefore() async throws {
        let server = try RawServer.silent()
        try await withClient { client in
            let task = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return try await client.failure(of: request(server))
            }
            let error = try await task.value
            #expect(error.code == .cancelled)
            #expect(server.connectionCount == 0)
        }
    }

    @Test("Cancelling while the name is looked up does not wait for the name server")
    func cancelledLookUp() async throws {
        let resolver = BlockedResolver()
        defer { resolver.release() }
        try await withClient(.init(proxy: .none, resolver: resolver)) { client in
            let task = Task { try await client.failure(of: OutboundRequest(url: "http://slow.test/", limits: limits)) }
            task.cancel()
            let error = try await task.value
            #expect(error.code == .cancelled)
        }
    }

    @Test("A hundred requests cancelled at any moment are all completed")
    func cancellationRace() async throws {
        let server = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        try await withClient { client in
            let tasks = (0..<100).map { _ in Task { try await client.send(request(server)).status } }
            for (index, task) in tasks.enumerated() where index.isMultiple(of: 2) { task.cancel() }
            for (index, task) in tasks.enumerated() {
                switch await task.result {
                case .success(let status): #expect(status == 200)
                case .failure(let error):
                    #expect((error as? OutboundError)?.code == .cancelled)
                    #expect(index.isMultiple(of: 2))
                }
            }
        }
    }

    @Test("Shutting down completes requests in flight with cancelled and refuses later ones")
    func shutdown() async throws {
        let (arrivals, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer.silent { report.yield($0) }
        let client = try CurlClient(configuration: .init(proxy: .none), logger: .silent)
        try await withThrowingTaskGroup(of: OutboundError.Code.self) { group in
            for number in 0..<8 {
                group.addTask {
                    var request = request(server)
                    if number.isMultiple(of: 2) { request.addressPolicy = .loopbackAllowed }
                    return try await client.failure(of: request).code
                }
            }
            _ = await arrivals.prefix(8).reduce(0) { count, _ in count + 1 }
            await client.shutdown()
            for try await code in group { #expect(code == .cancelled) }
        }
        let late = try await client.failure(of: request(server))
        #expect(late.code == .cancelled)
        // A second time is no harm.
        await client.shutdown()
    }

    @Test("A client that was not shut down lets its thread end")
    func abandoned() async throws {
        let (closes, report) = AsyncStream.makeStream(of: Bool.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            report.yield(connection.waitForClose())
        }
        do {
            let client = try CurlClient(configuration: .init(proxy: .none), logger: .silent)
            let response = try await client.send(request(server))
            #expect(response.status == 200)
        }
        // The pooled connection is closed by the thread as it ends.
        #expect(await closes.first { _ in true } == true)
    }
}
