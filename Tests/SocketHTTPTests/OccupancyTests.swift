import SocketHTTP
import Testing

@Suite("D-80: one network cannot take all connections")
struct OccupancyTests {
    @Test("Connections beyond a network's share are answered 503 and closed, and counted; one that ends makes room")
    func share() async throws {
        try await withServer(
            configure: {
                $0.connectionsPerNetworkMax = 2
                $0.isUnboundedPeer = { _ in false }
            }
        ) { server, address in
            let first = try RawClient(address)
            let second = try RawClient(address)
            for client in [first, second] {
                try client.send(.get("/"))
                #expect(try client.receiveResponse().status == 200)
            }
            let third = try RawClient(address)
            #expect(try third.receiveResponse().status == 503)
            #expect(server.counters.connectionsRefusedByNetwork == 1)
            #expect(server.counters.refusedConnections == 1)
            #expect(server.counters.openConnections == 2)
        }
    }

    @Test("Loopback is not bounded by itself, for proxies and tests live there")
    func loopback() async throws {
        try await withServer(configure: { $0.connectionsPerNetworkMax = 1 }) { server, address in
            let clients = try (0..<4).map { _ in try RawClient(address) }
            for client in clients {
                try client.send(.get("/"))
                #expect(try client.receiveResponse().status == 200)
            }
            #expect(server.counters.connectionsRefusedByNetwork == 0)
        }
    }
}
