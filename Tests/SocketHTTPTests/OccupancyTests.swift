import Testing

@testable import SocketHTTP

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

    @Test("S-16: one IPv6 site has half of all connections at most, and an address elsewhere is admitted")
    func site() throws {
        var configuration = ServerConfiguration(listeners: [])
        configuration.connectionsMax = 1000
        configuration.connectionsPerNetworkMax = 10
        let occupancy = Occupancy(configuration)
        let peers = (0..<256 as Range<UInt64>).map { IPAddress(v6: 0x2001_0db8_0001_0000 + $0 * 256, 1) }
        let admitted = peers.filter { occupancy.enter($0) == .admitted }
        #expect(admitted.count == 256)
        // The /48 has 32 times the share of a /64.
        let more = (0..<1000 as Range<UInt64>).map { IPAddress(v6: 0x2001_0db8_0001_0000 + $0, 2) }
        #expect(more.filter { occupancy.enter($0) == .admitted }.count == 320 - 256)
        #expect(occupancy.enter(try #require(IPAddress("2001:db8:2::1"))) == .admitted)
        #expect(occupancy.enter(try #require(IPAddress("192.0.2.1"))) == .admitted)
        occupancy.leave(admitted[0])
        #expect(occupancy.enter(admitted[0]) == .admitted)
        #expect(occupancy.count == 322)
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
