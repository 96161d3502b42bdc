import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

/// What leads to a login or comes from one, and where it is presented.
extension TokenConfusionScene {
    /// A fresh code or reference; the one of a device is approved by the user.
    func loginToken(_ kind: TokenConfusionTests.Kind) async throws -> String {
        switch kind {
        case .authorizationCode:
            let browser = TestBrowser(transport: server.transport)
            return try #require(try await client.authorize(with: browser, at: server)["code"])
        case .requestURI:
            let pushed = try await client.post("/oauth/par", client.authorizationParameters())
            return try #require(pushed["request_uri"])
        case .userCode:
            return try #require(try await deviceCodes()["user_code"])
        default:
            let codes = try await deviceCodes()
            let (scene, browser) = (DeviceScene(server: server), TestBrowser(transport: server.transport))
            let consent = try await scene.enter(codes["user_code"], in: browser)
            _ = try await scene.decide(consent, "approve", in: browser)
            return try #require(codes["device_code"])
        }
    }

    private func deviceCodes() async throws -> OAuthTestClient.Answer {
        let changes = ["client_id": client.id, "resource": TestServer.resource, "scope": "mcp:read"]
        return try await DeviceScene(server: server).begin(changes)
    }

    /// Presents a token where a login begins or ends; whether it was taken for what the place expects.
    func presentToLogin(_ token: String, at place: TokenConfusionTests.Place) async throws -> Bool {
        let browser = TestBrowser(transport: server.transport)
        switch place {
        case .code:
            return try await client.redeem(token).status == 200
        case .idTokenHint:
            // OpenID Connect Core 1.0 §3.1.2.1: it may name the user that the client expects; it is no login.
            let page = try await browser.get(client.authorizationURL(["id_token_hint": token, "prompt": "none"]))
            return page.header("location")?.contains("code=") == true || page.status == 200
        case .requestURI:
            let query = FormParameters.serialize([("client_id", client.id), ("request_uri", token)])
            let page = try await browser.get(server.issuer + "/oauth/authorize?" + query)
            return page.header("location")?.contains("code=") == true || page.status == 200
        case .userCode:
            // RFC 8628 §3.3: a known code leads to the page of consent.
            let page = try await DeviceScene(server: server).enter(token, in: browser)
            return page.status == 200 && page.text.contains("name=\"decision\"")
        default:
            let form = [("grant_type", DeviceScene.grantType), ("device_code", token), ("client_id", client.id)]
            return try await server.visitor.token(form).status == 200
        }
    }
}
