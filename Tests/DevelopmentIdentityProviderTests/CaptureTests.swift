import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Captured requests")
struct CaptureTests {
    @Test("tests see all of a request")
    func contents() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            _ = try await world.redeem(code)
            let requests = world.provider.capturedRequests()
            #expect(requests.map(\.endpoint) == [.authorization, .token])
            #expect(requests[0].method == "GET")
            #expect(requests[0].parameter("nonce") == "n0nce")
            #expect(requests[1].parameter("code") == code)
            #expect(requests[1].form?.names.contains("code_verifier") == true)
            #expect(requests[1].field("authorization") == TestWorld.basic.value)
            #expect(requests[1].time == world.time.now())
            #expect(world.provider.capturedRequests(on: .token).count == 1)
        }
    }

    @Test("what they print carries no value (D-25)")
    func redaction() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            _ = try await world.redeem(code)
            for request in world.provider.capturedRequests() {
                var dumped = "\(request) \(String(reflecting: request)) "
                dump(request, to: &dumped)
                for secret in [code, TestWorld.verifier, "s3cret", "n0nce", TestWorld.challenge] {
                    #expect(!dumped.contains(secret))
                }
            }
            #expect(world.provider.capturedRequests(on: .token)[0].description.hasPrefix("POST /token (grant_type, "))
            #expect(!"\(TestWorld.client) \(TestWorld.client.authentication)".contains("s3cret"))
        }
    }

    @Test("requests that a fault answers are captured too, and can be waited for")
    func waiting() async throws {
        try await TestWorld.run { world in
            world.provider.script(.unavailable, on: .keySet, times: 2)
            async let arrival: Void = world.provider.waitForRequests(2, on: .keySet)
            for _ in 0..<2 { _ = try await world.get(.keySet) }
            await arrival
            #expect(world.provider.requestCount(on: .keySet) == 2)
            await world.provider.waitForRequests(2, on: .keySet)
            world.provider.clearCapturedRequests()
            #expect(world.provider.requestCount(on: .keySet) == 0)
            #expect(world.provider.capturedRequests().isEmpty)
        }
    }
}
