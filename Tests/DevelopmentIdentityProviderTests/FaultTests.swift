import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Scripted faults")
struct FaultTests {
    @Test("faults come in their order, as often as asked for, and then never again")
    func order() async throws {
        try await TestWorld.run { world in
            world.provider.script(.unavailable, on: .keySet, times: 2)
            world.provider.script(.tooManyRequests(retryAfter: 7), on: .keySet)
            #expect(world.provider.pendingFaultCount(on: .keySet) == 3)
            #expect(try await world.get(.keySet).status == 503)
            #expect(try await world.get(.discovery).status == 200)
            #expect(try await world.get(.keySet).status == 503)
            let limited = try await world.get(.keySet)
            #expect(limited.status == 429)
            #expect(limited.values(of: "Retry-After") == ["7"])
            #expect(try await world.get(.keySet).status == 200)
        }
    }

    @Test("a connection is closed without an answer, and the provider goes on")
    func closeConnection() async throws {
        try await TestWorld.run { (world) async throws in
            world.provider.script(.closeConnection, on: .discovery)
            let error = await #expect(throws: OutboundError.self) { try await world.get(.discovery) }
            #expect(error?.code == .connectionLost)
            #expect(try await world.get(.discovery).status == 200)
        }
    }
}
