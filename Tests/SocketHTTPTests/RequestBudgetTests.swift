import HTTPTypes
import SocketHTTP
import Testing

@Suite("S-14, D-74: what incomplete requests hold is bounded for all connections together", .timeLimit(.minutes(10)))
struct RequestBudgetTests {
    private static let head = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n"

    @Test("S-14: stalled bodies stay within the budget, the largest are ended, and others are answered")
    func stalledBodies() async throws {
        let budget = RequestBudget(bytesMax: 1 << 20)
        let patient: (inout ServerConfiguration) -> Void = {
            $0.requestBudget = budget
            $0.bodyTimeout = .seconds(3600)
        }
        try await withServer(configure: patient) { server, address in
            var stalled: [RawClient] = []
            for _ in 0..<64 {
                let client = try RawClient(address)
                try client.send(Self.head)
                // One that was ended may be closed while the test still writes.
                try? client.send([UInt8](repeating: 97, count: 60_000))
                stalled.append(client)
            }
            // The budget holds sixteen of them.
            func ended() -> Int { server.counters.rejectedRequests.values.reduce(0, +) }
            while ended() < 48 { await Task.yield() }
            #expect(budget.heldBytes <= budget.bytesMax)
            #expect(server.counters.rejectedRequests[408, default: 0] > 0)

            let honest = try RawClient(address)
            let body = String(repeating: "b", count: 20_000)
            try honest.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n\(body.prefix(10_000))")
            while server.counters.openConnections == 0 { await Task.yield() }
            try honest.send(String(body.dropFirst(10_000)))
            #expect(try honest.receiveResponse().status == 200)
            stalled = []
            while server.counters.openConnections > 1 { await Task.yield() }
            _ = honest
        }
        #expect(budget.heldBytes == 0)
    }

    @Test("S-14: a request for which there is no room is answered 503, with the time to try again")
    func noRoom() async throws {
        let budget = RequestBudget(bytesMax: 16 << 10)
        try await withServer(configure: { $0.requestBudget = budget }) { server, address in
            let client = try RawClient(address)
            try client.send(Self.head)
            try client.send([UInt8](repeating: 97, count: 40_000))
            let response = try client.receiveResponse()
            #expect(response.status == 503)
            #expect(response["retry-after"] == "1")
            #expect(response["connection"] == "close")
            #expect(server.counters.rejectedRequests == [503: 1])
        }
        #expect(budget.heldBytes == 0)
    }

    @Test("S-14: a request that is being answered is counted, and small ones are not")
    func answering() async throws {
        let budget = RequestBudget(bytesMax: 64 << 10)
        let responder = ClosureResponder { _ in Response(status: .ok, body: Array("\(budget.heldBytes)".utf8)) }
        try await withServer(configure: { $0.requestBudget = budget }, responder: responder) { _, address in
            let client = try RawClient(address)
            try client.send(.get("/"))
            #expect(try client.receiveResponse().body == "0")
            try client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n")
            try client.send([UInt8](repeating: 97, count: 20_000))
            let held = try client.receiveResponse().body
            #expect(try #require(Int(held)) >= 20_000)
            try client.send(.get("/"))
            #expect(try client.receiveResponse().body == "0")
        }
    }
}
