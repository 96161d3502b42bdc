import Dispatch
import HTTPTypes
import Logging
import Testing

@testable import SocketHTTP

@Suite("Shutting down", .timeLimit(.minutes(10)))
struct DrainTests {
    @Test("a stop accepts what the kernel's queue can hold, and ends however fast clients come")
    func acceptFlood() {
        #expect(Listener.acceptLast { true } == 65)
        var batches = 3
        #expect(
            Listener.acceptLast {
                batches -= 1
                return batches >= 0
            } == 3
        )
    }

    /// Holds requests until it is opened.
    private actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var arrivals: [CheckedContinuation<Void, Never>] = []
        private var count = 0

        func pass() async {
            count += 1
            for arrival in arrivals { arrival.resume() }
            arrivals = []
            if isOpen { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }

        func waitForArrival() async {
            if count > 0 { return }
            await withCheckedContinuation { arrivals.append($0) }
        }
    }

    @Test("a request in flight ends with Connection: close; idle connections end at once; no new one is accepted")
    func graceful() async throws {
        let gate = Gate()
        let responder = ClosureResponder { request in
            if request.path == "/slow" { await gate.pass() }
            return Response(status: .ok, body: Array("done".utf8))
        }
        try await withServer(responder: responder) { server, address in
            let idle = try RawClient(address)
            try idle.send(.get("/"))
            _ = try idle.receiveResponse()
            let busy = try RawClient(address)
            try busy.send(.get("/slow") + .get("/never"))
            await gate.waitForArrival()
            // On a thread of its own: the client blocks this one, and other tests may hold the global pool's.
            let thread = try EventLoop(name: "shutdown")
            try thread.start()
            defer { thread.stop() }
            let end = Task(executorPreference: thread) { await server.shutdown(gracePeriod: .seconds(300)) }
            #expect(try idle.receiveAll() == "")
            #expect(throws: RawClient.Failure.self) { try RawClient(address) }
            await gate.open()
            let response = try busy.receiveResponse()
            #expect(response.body == "done")
            #expect(response["connection"] == "close")
            #expect(try busy.receiveAll() == "")
            await end.value
            #expect(server.counters.openConnections == 0)
        }
    }

    @Test("a request that the kernel had before the drain is answered, on a resting connection and on new ones")
    func arrivedBefore() async throws {
        try await withServer { server, address in
            let resting = try RawClient(address)
            try resting.send(.get("/first"))
            _ = try resting.receiveResponse()
            let silent = try RawClient(address)
            // While this holds the loop, nothing is read and nothing accepted.
            let (isHeld, held) = AsyncStream<Never>.makeStream()
            let release = DispatchSemaphore(value: 0)
            server.eventLoops[0].submit {
                held.finish()
                release.wait()
            }
            for await _ in isHeld {}
            try resting.send(.get("/second"))
            // More than are accepted at once.
            let new = try (0..<100).map { _ in try RawClient(address) }
            for client in new { try client.send(.get("/new")) }
            let thread = try EventLoop(name: "shutdown")
            try thread.start()
            defer { thread.stop() }
            let end = Task(executorPreference: thread) { await server.shutdown(gracePeriod: .seconds(300)) }
            // The drain has this long to come into the loop's queue; were it late, there would be less to see, and no
            // error.
            try await Task.sleep(for: .milliseconds(200))
            release.signal()
            for client in [resting] + new {
                #expect(try client.receiveResponse().status == 200)
                #expect(try client.receiveAll() == "")
            }
            #expect(try silent.receiveAll() == "")
            await end.value
        }
    }

    @Test("what is not done by the end of the grace period is cut and cancelled")
    func cut() async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let responder = ClosureResponder { _ in
            arrival.yield()
            let (stream, _) = AsyncStream<Void>.makeStream()
            // Ends by cancellation only.
            for await _ in stream {}
            return Response(status: .ok)
        }
        try await withServer(responder: responder) { server, address in
            let client = try RawClient(address)
            try client.send(.get("/"))
            var arrivals = arrived.makeAsyncIterator()
            await arrivals.next()
            await server.shutdown(gracePeriod: .milliseconds(50))
            #expect(try client.receiveAll() == "")
        }
    }

    @Test("a second server cannot take the port unnoticed; an unusable address says so")
    func addressInUse() async throws {
        try await withServer { _, address in
            let configuration = ServerConfiguration(listeners: [.init(address: address)])
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let second = try HTTPServer(configuration: configuration, responder: echo, logger: logger)
            let error = await #expect(throws: SocketError.self) { try await second.start() }
            #expect(error?.operation == "bind \(address)")
            await second.shutdown(gracePeriod: .zero)
        }
    }

    @Test("two servers on shared loops, each with its listeners")
    func sharedLoops() async throws {
        try await withServer(loops: 2) { server, address in
            var configuration = ServerConfiguration(listeners: [])
            configuration.listeners = (0..<2).map { _ in .init(address: SocketAddress(ip: .loopback, port: 0)) }
            let management = try HTTPServer(
                configuration: configuration,
                responder: ClosureResponder { _ in Response(status: .ok, body: Array("management".utf8)) },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                eventLoops: server.eventLoops
            )
            let addresses = try await management.start()
            #expect(Set(addresses + [address]).count == 3)
            for address in addresses {
                let client = try RawClient(address)
                try client.send(.get("/"))
                #expect(try client.receiveResponse().body == "management")
            }
            await management.shutdown(gracePeriod: .zero)
            let client = try RawClient(address)
            try client.send(.get("/a"))
            #expect(try client.receiveResponse().body == "GET /a - ")
        }
    }

    @Test("handlers run on their connection's loop, also after an actor has answered")
    func executor() async throws {
        let gate = Gate()
        await gate.open()
        let (loops, give) = AsyncStream<[EventLoop]>.makeStream()
        let responder = ClosureResponder { request in
            var iterator = loops.makeAsyncIterator()
            let all = await iterator.next() ?? []
            await gate.pass()
            return Response(status: .ok, body: [all.contains { $0.isCurrent } ? 121 : 110])
        }
        try await withServer(loops: 2, responder: responder) { server, address in
            for _ in 0..<8 {
                let client = try RawClient(address)
                try client.send(.get("/"))
                give.yield(server.eventLoops)
                #expect(try client.receiveResponse().body == "y")
            }
        }
    }
}

@Suite("Reserved ports", .timeLimit(.minutes(10)))
struct PortReservationTests {
    @Test("a reserved port is known before the server is made; nothing answers on it in the meantime")
    func reservation() async throws {
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        #expect(reservation.address.port != 0)
        #expect(throws: RawClient.Failure.self) { try RawClient(reservation.address) }
        try await withServer(configure: {
            $0.listeners = [.init(address: reservation.address, reservation: reservation)]
        }) { _, address in
            #expect(address == reservation.address)
            for _ in 0..<8 {
                let client = try RawClient(address)
                try client.send(.get("/a"))
                #expect(try client.receiveResponse().body == "GET /a - ")
            }
        }
    }
}
