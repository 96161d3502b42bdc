import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("VR-1 to VR-12: the refresh rules, each from a public report")
struct RefreshRulesTests {
    @Test("VR-1: a second login replaces the tokens of the first session’s connection")
    func keyedByUser() async throws {
        try await VaultScene.run { scene in
            let first = try await scene.accessToken()
            let before = try await scene.connection(of: first)
            let second = try await scene.accessToken()
            let after = try await scene.connection(of: second)
            #expect(after.id == before.id)
            #expect(after.version > before.version)
            let counts = await scene.server.server.stores.vault.counts
            #expect(counts.users == 1 && counts.connections == 2)
            let (old, new) = (try await scene.exchange(first, ["corp"]), try await scene.exchange(second, ["corp"]))
            #expect(old["access_token"] != nil && old["access_token"] == new["access_token"])
        }
    }

    @Test("VR-2: the refresh token outlives the access token by days")
    func refreshTokenOutlivesAccessToken() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            let before = try await scene.exchange(token, ["corp"])
            scene.clock.advance(by: .seconds(20 * 3600))
            let after = try await scene.exchange(token, ["corp"])
            #expect(after.status == 200)
            #expect(after.json["refreshed"] == true)
            #expect(after["access_token"] != before["access_token"])
        }
    }

    @Test("VR-3: an answer without refresh token or ID token keeps the old ones")
    func mergesInsteadOfOverwriting() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let first = try await scene.accessToken()
            let before = try await scene.connection(of: first)
            scene.corp.script(.omitRefreshToken, on: .token)
            let token = try await scene.accessToken()
            let after = try await scene.connection(of: token)
            #expect(after.version > before.version)
            #expect(after.tokens.refreshToken != nil && after.tokens.refreshToken == before.tokens.refreshToken)
            // The refresh token of the login before is a live one at the provider.
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.omitRefreshToken, .missingIDToken, on: .token)
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            let refreshed = try await scene.connection(of: token)
            #expect(refreshed.tokens.refreshToken == after.tokens.refreshToken)
            #expect(refreshed.tokens.idToken != nil && refreshed.tokens.idToken == after.tokens.idToken)
        }
    }

    @Test("VR-4: what rotated is kept although the keys cannot be fetched to check the ID token")
    func keepsWhatRotatedBeforeChecking() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            try scene.corp.rotateKeys(keepingOld: false)
            scene.corp.script(.unavailable, on: .keySet, times: 50)
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            scene.corp.clearScript()
            scene.clock.advance(by: .seconds(2 * 3600))
            // A rotating provider would kill the grant if the consumed refresh token came again.
            let later = try await scene.exchange(token, ["corp"])
            #expect(later.status == 200)
            #expect(later.json["refreshed"] == true)
            let reports = await scene.corp.grantReports()
            #expect(reports.allSatisfy { $0.revocation == nil })
            #expect(reports.map(\.refreshCount) == [2])
        }
    }

    @Test("VR-5: no expiry and no refresh token is trusted until the API says 401")
    func longLivedTokens() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = nil
        provider.openIDConnect.refreshTokens = .none
        try await VaultScene.run(
            corp: provider,
            configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }
        ) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(23 * 3600))
            let answer = try await scene.exchange(token, ["corp"])
            #expect(answer.status == 200)
            #expect(answer.json["expires_in"] == nil)
            #expect(scene.refreshCount(scene.corp) == 0)
            #expect(try await scene.report(token)["status"] == "reauthorization_required")
            let refused = try await scene.exchange(token, ["corp"])
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
        }
    }

    @Test("VR-6: a hundred retrievals of an expired token are one redemption")
    func oneRefreshForAll() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            let answers = try await withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
                for _ in 0..<100 { group.addTask { try await scene.exchange(token, ["corp"]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(Set(answers.compactMap { $0["access_token"] }).count == 1)
            #expect(scene.refreshCount(scene.corp) == 1)
        }
    }

    @Test(
        "VR-7, P-14: refreshed a minute early, or a tenth of a shorter life, and min_ttl before that",
        arguments: [
            (lifetime: 3600, left: 600, minimum: 0, refreshes: false),
            (lifetime: 3600, left: 61, minimum: 0, refreshes: false),
            (lifetime: 3600, left: 59, minimum: 0, refreshes: true),
            (lifetime: 3600, left: 1200, minimum: 1800, refreshes: true),
            (lifetime: 300, left: 100, minimum: 0, refreshes: false),
            (lifetime: 300, left: 31, minimum: 0, refreshes: false),
            (lifetime: 300, left: 29, minimum: 0, refreshes: true),
            (lifetime: 60, left: 7, minimum: 0, refreshes: false),
            (lifetime: 60, left: 5, minimum: 0, refreshes: true),
            (lifetime: 10, left: 2, minimum: 0, refreshes: false),
        ]
    )
    func refreshesEarly(lifetime: Int, left: Int, minimum: Int, refreshes: Bool) async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(lifetime)
        try await VaultScene.run(corp: provider) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(lifetime - left))
            let answer = try await scene.exchange(token, ["corp"], minimum == 0 ? [] : [("min_ttl", "\(minimum)")])
            #expect(answer.json["refreshed"] == .bool(refreshes))
            #expect(scene.refreshCount(scene.corp) == (refreshes ? 1 : 0))
        }
    }

    @Test("VR-8: another client’s refresh token is not burnt, its user is asked to connect again")
    func boundToUpstreamClient() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            // As after a change of the configured client id.
            _ = try await scene.server.server.stores.vault.store(
                ConnectionDraft(
                    userID: connection.userID,
                    upstream: connection.upstream,
                    account: connection.account,
                    accountName: connection.accountName,
                    tokens: connection.tokens,
                    scopes: connection.scopes,
                    accessTokenExpiry: connection.accessTokenExpiry,
                    upstreamClientID: "the-client-before"
                ),
                candidate: connection.id,
                now: scene.clock.now()
            ).outcome
            scene.clock.advance(by: .seconds(2 * 3600))
            let answer = try await scene.exchange(token, ["corp"])
            #expect(answer.error == "interaction_required" && answer["reason"] == "reauth_required")
            #expect(scene.refreshCount(scene.corp) == 0)
            #expect(try await scene.connection(of: token).reason == "upstream_client_changed")
        }
    }

    @Test("VR-9: invalid_grant ends the connection once; 429 and 5xx never do")
    func onlyTerminalEnds() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            for fault in [Fault.tooManyRequests(retryAfter: 7), .unavailable] {
                scene.corp.script(fault, on: .token)
                let answer = try await scene.exchange(token, ["corp"])
                #expect(answer.status == 503 && answer.error == "temporarily_unavailable")
                #expect(answer.header("retry-after") != nil)
                #expect(try await scene.connection(of: token).status == .active)
            }
            scene.corp.script(.invalidGrant, on: .token)
            #expect(try await scene.exchange(token, ["corp"]).error == "interaction_required")
            let attempts = scene.refreshCount(scene.corp)
            #expect(attempts == 3)
            #expect(try await scene.exchange(token, ["corp"])["reason"] == "reauth_required")
            #expect(scene.refreshCount(scene.corp) == attempts)
            // The other upstream of the session is untouched.
            #expect(try await scene.exchange(token, ["files"]).status == 200)
        }
    }

    @Test("VR-9: a refusal without a reason sends the user to log in; a valid token is returned until then")
    func refusalWithoutReason() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            let before = try await scene.exchange(token, ["corp"])
            // Due for a refresh, and still good for seconds.
            scene.clock.advance(by: .seconds(3600 - 30))
            // The answer of Glewlwyd 2.7 to a refresh token that its user revoked.
            scene.corp.script(.status(400), on: .token, times: 2)
            let during = try await scene.exchange(token, ["corp"])
            #expect(during.status == 200 && during["access_token"] == before["access_token"])
            scene.clock.advance(by: .seconds(60))
            let refused = try await scene.exchange(token, ["corp"])
            #expect(refused.status == 400 && refused.error == "interaction_required")
            #expect(refused["reason"] == "reauth_required" && refused["connect_uri"] != nil)
            #expect(try await scene.connection(of: token).status == .active)
            #expect(try await scene.exchange(token, ["corp"]).json["refreshed"] == true)
        }
    }

    @Test("VR-10: an upstream invalid_client is the operator’s fault, and logs no user out")
    func invalidClientIsTheOperators() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.invalidClient, on: .token)
            let answer = try await scene.exchange(token, ["corp"])
            #expect(answer.status == 500 && answer.error == "server_error")
            #expect(try await scene.connection(of: token).status == .active)
            // The operator has corrected the configuration.
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("VR-11: after five failures refreshes pause, and one success ends the pause")
    func breaker() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.tooManyRequests(retryAfter: 1), on: .token, times: 5)
            for _ in 0..<5 { #expect(try await scene.exchange(token, ["corp"]).status == 503) }
            let refused = try await scene.exchange(token, ["corp"])
            #expect(refused.status == 503 && refused.header("retry-after") != nil)
            #expect(scene.refreshCount(scene.corp) == 5)
            scene.clock.advance(by: .seconds(11))
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("VR-12: a token that the API refused is replaced, once a minute at the most")
    func reportInvalid() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let before = try await scene.exchange(token, ["corp"])
            #expect(try await scene.report(token)["status"] == "refresh_pending")
            #expect(try await scene.report(token)["status"] == "refresh_pending")
            let after = try await scene.exchange(token, ["corp"])
            #expect(after.json["refreshed"] == true)
            #expect(after["access_token"] != nil && after["access_token"] != before["access_token"])
            #expect(try await scene.exchange(token, ["corp"]).json["refreshed"] == false)
            #expect(scene.refreshCount(scene.corp) == 1)
            #expect(try await scene.connection(of: token).status == .active)
            let tooSoon = try await scene.report(token)
            #expect(tooSoon.status == 429 && tooSoon.header("retry-after") != nil)
            scene.clock.advance(by: .seconds(61))
            #expect(try await scene.report(token)["status"] == "refresh_pending")
        }
    }
}
