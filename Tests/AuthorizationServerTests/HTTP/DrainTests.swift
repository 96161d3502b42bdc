import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Testing

@Suite("OM-3: the server ends without dropping a login in progress")
struct LoginDrainTests {
    @Test(
        "while a callback is in flight readiness says draining, and the callback still ends with its code",
        .timeLimit(.minutes(10))
    )
    func drain() async throws {
        try await BrowserScene.run { scene in
            let gate = ResponseGate()
            scene.server.provider.script(.hold(gate), on: .token)
            let url = try await scene.callbackURL(after: try await scene.approved())
            let (server, browser) = (scene.server, scene.browser)
            async let answer = browser.get(url)
            await server.provider.waitForRequests(1, on: .token)
            async let shutdown: Void = server.server.shutdown(gracePeriod: .seconds(30))
            var status = 200
            while status == 200 {
                status = try await scene.client.send("GET", server.managementURL + "/health/ready").status
            }
            #expect(status == 503)
            gate.open()
            #expect(try await answer.redirectParameters["code"] != nil)
            await shutdown
        }
    }
}
