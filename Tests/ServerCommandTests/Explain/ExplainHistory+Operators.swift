import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

/// What an operator did, or changed in the configuration.
extension ExplainHistory {
    static let operators = [
        Self("operator-ended-session", why: "administrator:eve ended", remedy: "ask the operator") { scene in
            let login = try await scene.logIn()
            try await scene.ask("DELETE", "/admin/sessions/" + login.tsid)
            return login.tsid
        },
        Self("operator-ended-user", why: "administrator:eve ended", remedy: "logs in again|log in again") { scene in
            let login = try await scene.logIn()
            try await scene.ask("POST", "/admin/end-all", [("user", login.sub)])
            return login.sub
        },
        Self("user-blocked", why: "administrator:eve", remedy: "unblock|unless blocked") { scene in
            let login = try await scene.logIn()
            try await scene.ask("POST", "/admin/block", [("kind", "user"), ("value", login.sub)])
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("client-blocked", why: "administrator:eve", remedy: "unblock|unless blocked") { scene in
            _ = try await scene.logIn()
            try await scene.ask("POST", "/admin/block", [("kind", "client"), ("value", scene.client.id)])
            _ = try await scene.browser().get(scene.client.authorizationURL())
            return scene.client.id
        },
        Self("client-removed", why: "removed client", remedy: "registers again") { scene in
            try await scene.ask("DELETE", "/admin/clients?id=" + scene.client.id)
            _ = try await scene.browser().get(scene.client.authorizationURL())
            return scene.client.id
        },
        Self("key-withdrawn", why: "withdrew the signing key", remedy: "clients refresh") { scene in
            let login = try await scene.logIn()
            let answer = try await scene.ask("DELETE", "/admin/keys/" + login.keyID)
            try #require(answer.status == 200)
            return login.tsid
        },
        Self("resource-removed", why: "no longer registered here", remedy: "resources in the configuration") { scene in
            let login = try await scene.logIn()
            try await scene.reload { $0.resources[0].uri = "https://other.example.com/mcp" }
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("access-withdrawn", why: "no longer accepts the user", remedy: "change that rule") { scene in
            let login = try await scene.logIn()
            try await scene.reload {
                $0.resources[0].access = .claim("groups", anyOf: [ValuePattern("owners")])
            }
            _ = try await scene.client.refresh(login.refreshToken)
            return login.tsid
        },
        Self("admin-token-wrong", why: "wrong administrator's token", remedy: "management.admin_token") { scene in
            try await scene.ask("GET", "/admin/status", token: "not-the-administrators-token")
            return try scene.reference(of: "admin.token_wrong")
        },
    ]
}
