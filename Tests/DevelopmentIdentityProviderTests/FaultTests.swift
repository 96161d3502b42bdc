import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Scripted faults")
struct FaultTests {
    @Test("come in their order, as often as asked for, at their endpoint, and then never again")
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
            world.provider.script(.unavailable, on: .keySet, times: .max)
            world.provider.clearScript()
            #expect(try await world.get(.keySet).status == 200)
        }
    }

    @Test("several come together")
    func together() async throws {
        try await TestWorld.run { world in
            world.provider.script(.omitExpiresIn, .omitRefreshToken, .replace("token_type", "mac"), on: .token)
            let tokens = try await world.signIn()
            #expect(tokens["expires_in"] == nil)
            #expect(tokens["refresh_token"] == nil)
            #expect(tokens["token_type"] == "mac")
        }
    }

    // MARK: Instead of the answer

    @Test("malformed JSON, a page, a redirect, an OAuth error: nothing is performed")
    func replacements() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            world.provider.script(.malformedJSON, on: .token)
            let malformed = try await world.refresh(token)
            #expect(malformed.status == 200)
            #expect(throws: JSONError.self) { try malformed.json() }
            world.provider.script(.page, on: .token)
            #expect(try await world.refresh(token).values(of: "Content-Type") == ["text/html"])
            world.provider.script(.redirect(to: "http://127.0.0.1:9/elsewhere"), on: .token)
            let redirect = try await world.refresh(token)
            #expect(redirect.status == 307)
            #expect(redirect.values(of: "Location") == ["http://127.0.0.1:9/elsewhere"])
            world.provider.script(.invalidGrant, on: .token)
            #expect(try world.error(try await world.refresh(token)) == "invalid_grant")
            world.provider.script(.invalidClient, on: .token)
            #expect(try world.error(try await world.refresh(token), status: 401) == "invalid_client")
            #expect(await world.provider.grantReports().map(\.refreshAttemptCount) == [0])
            #expect(try await world.refresh(token).status == 200)
        }
    }

    @Test("a body beyond the client's bound")
    func hugeBody() async throws {
        try await TestWorld.run { (world) async throws in
            world.provider.script(.hugeBody(byteCount: 4 << 20), on: .keySet)
            let error = await #expect(throws: OutboundError.self) { try await world.get(.keySet) }
            #expect(error?.code == .tooLarge)
        }
    }

    // MARK: Lost connections

    @Test("the connection ends before anything is performed")
    func closeConnection() async throws {
        try await TestWorld.run { (world) async throws in
            let token = try await world.signIn().text("refresh_token")
            world.provider.script(.closeConnection, on: .token, times: 2)
            let error = await #expect(throws: OutboundError.self) { try await world.refresh(token) }
            #expect(error?.code == .connectionLost)
            let again = await #expect(throws: OutboundError.self) { try await world.refresh(token) }
            #expect(again?.code == .connectionLost)
            #expect(try await world.refresh(token).status == 200, "the token was not used")
        }
    }

    @Test("the refresh token is rotated and the answer lost: who tries again has lost the grant")
    func rotateAndDropResponse() async throws {
        try await TestWorld.run { (world) async throws in
            let token = try await world.signIn().text("refresh_token")
            world.provider.script(.rotateAndDropResponse, on: .token)
            let error = await #expect(throws: OutboundError.self) { try await world.refresh(token) }
            #expect(error?.code == .connectionLost)
            #expect(await world.provider.grantReports().map(\.refreshCount) == [1])
            #expect(try world.error(try await world.refresh(token)) == "invalid_grant")
        }
    }

    // MARK: Time

    @Test("a held request is not performed until the gate is opened")
    func hold() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            let gate = ResponseGate()
            world.provider.script(.hold(gate), on: .token)
            async let answer = world.refresh(token)
            await gate.waitForArrivals()
            #expect(await world.provider.grantReports().map(\.refreshCount) == [0])
            gate.open()
            #expect(try await answer.status == 200)
            world.provider.script(.hold(gate), on: .token)
            #expect(try await world.refresh("rt_x").status == 400, "an open gate holds no request")
        }
    }

    @Test("a held answer is performed at once")
    func holdResponse() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            let gate = ResponseGate()
            world.provider.script(.holdResponse(gate), on: .token)
            async let answer = world.refresh(token)
            await gate.waitForArrivals()
            #expect(await world.provider.grantReports().map(\.refreshCount) == [1])
            gate.open()
            #expect(try await answer.status == 200)
        }
    }

    @Test("shutdown does not wait for held requests")
    func shutdownWhileHolding() async throws {
        try await TestWorld.run { (world) async throws in
            let gate = ResponseGate()
            world.provider.script(.hold(gate), on: .keySet)
            let answer = Task { try await world.get(.keySet) }
            await gate.waitForArrivals()
            await world.provider.shutdown()
            await #expect(throws: OutboundError.self) { try await answer.value }
        }
    }

    @Test("a delay ends by itself")
    func delay() async throws {
        try await TestWorld.run { (world) async throws in
            world.provider.script(.delay(.milliseconds(1)), on: .keySet)
            #expect(try await world.get(.keySet).status == 200)
        }
    }

    // MARK: Where they make sense

    @Test("a fault that could change nothing is known as such")
    func applicability() {
        #expect(Fault.wrongNonce.applies(to: .token))
        #expect(!Fault.wrongNonce.applies(to: .userInfo))
        #expect(!Fault.malformedJSON.applies(to: .authorization))
        #expect(!Fault.invalidGrant.applies(to: .keySet))
        #expect(Fault.omit("jwks_uri").applies(to: .discovery))
        #expect(!Fault.omit("user").applies(to: .signIn))
        #expect(!Fault.changedSubject("x").applies(to: .keySet))
        #expect(EndpointName.allCases.allSatisfy(Fault.unavailable.applies))
    }

    @Test("each name that people type means a fault that its endpoint can do", arguments: Fault.names)
    func names(name: String) throws {
        let placed = try #require(Fault.named(name))
        #expect(placed.fault.applies(to: placed.endpoint))
    }

    @Test("names with a number, and those that mean nothing")
    func numberedNames() {
        #expect(Fault.named("slow=3")?.endpoint == .token)
        #expect(Fault.named("429=7") != nil)
        for name in ["", "slow", "slow=", "slow=-1", "slow=3s", "slow=99999", "fast=3", "unknown"] {
            #expect(Fault.named(name) == nil, "\(name)")
        }
    }
}
