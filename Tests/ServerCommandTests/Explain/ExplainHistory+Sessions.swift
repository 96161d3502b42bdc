import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

/// Why a user had to log in again, by the session.
extension ExplainHistory {
    static let sessions = [
        Self("refresh-reused", why: "an old refresh token", remedy: "two sources") { scene in
            let login = try await scene.logIn()
            let second = try await scene.client.refresh(login.refreshToken)
            _ = try await scene.client.refresh(try #require(second["refresh_token"]))
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("code-reused", why: "was redeemed twice", remedy: "repeats a redemption") { scene in
            let browser = scene.browser()
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            let login = try ExplainScene.Login(try await scene.client.redeem(code))
            _ = try await scene.client.redeem(code)
            return login.tsid
        },
        Self("session-expired", why: "had expired", remedy: "tokens.refresh_token_lifetime") { scene in
            let login = try await scene.logIn()
            scene.server.clock.advance(by: .seconds(400 * 86_400))
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("client-revoked", why: "revoked its refresh token", remedy: "none") { scene in
            let login = try await scene.logIn()
            _ = try await scene.client.revoke(login.refreshToken)
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("client-revoked-access-token", why: "revoked one access token", remedy: "the client refreshes") { scene in
            let login = try await scene.logIn()
            _ = try await scene.client.revoke(login.accessToken)
            return login.tsid
        },
        Self("other-client", why: "issued to another client", remedy: "which token it stores") { scene in
            let login = try await scene.logIn()
            let stranger = try await scene.anotherClient()
            _ = try await stranger.refresh(login.refreshToken)
            return login.tsid
        },
        Self("provider-ended-grant", why: "corp ended the user's grant", remedy: "policy of corp") { scene in
            let login = try await scene.logIn()
            try await scene.endGrant(login)
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("retrieval-needs-login", why: "needs a new login there", remedy: "connects corp again") { scene in
            let login = try await scene.logIn()
            try await scene.endGrant(login)
            return login.tsid
        },
        Self("provider-signed-out", why: "signed out at corp", remedy: "logs in again there") { scene in
            let login = try await scene.logIn()
            let logout = BackChannelLogout(clientID: "gatehouse", subject: "ada")
            let token = try scene.server.provider.logoutToken(logout)
            let answer = try await scene.client.post("/oauth/backchannel-logout/corp", [("logout_token", token)])
            try #require(answer.status == 200)
            return login.tsid
        },
        Self(
            "provider-revoked-user",
            why: "corp ended what its user has here",
            remedy: "the provider's administrators",
            configure: { $0.upstreams[0].globalRevocationToken = .value(SecretValue(revocationToken)) }
        ) { scene in
            let login = try await scene.logIn()
            let answer = try await scene.client.send(
                "POST",
                "/oauth/global-token-revocation",
                headerFields: [
                    ("authorization", "Bearer " + revocationToken), ("content-type", "application/json"),
                ],
                body: (["sub_id": ["format": "opaque", "id": "ada"]] as JSONObject).serialized()
            )
            try #require(answer.status == 204)
            return login.tsid
        },
        Self("storage-outage", why: "cannot process this request", remedy: "/health/ready") { scene in
            let login = try await scene.logIn()
            scene.journal.isAvailable = false
            let answer = try await scene.client.refresh(login.refreshToken)
            scene.journal.isAvailable = true
            try #require(answer.status == 503)
            return login.tsid
        },
    ]

    private static let revocationToken = "a-long-token-that-only-corp-knows-0123456789"
}
