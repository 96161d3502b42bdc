import OAuthProtocol

/// The ways in which providers arrange what they answer.
extension TokenEndpoint {
    /// The members of an answer, as the provider's quirks arrange them.
    func arranged(_ members: JSONObject, _ redemption: Redemption, isRefresh: Bool) -> JSONObject {
        var members = members
        if quirks.contains(.nestedTokens) { members = ["data": .object(members)] }
        if quirks.contains(.userBesideBot) { members = besideBot(members, redemption, isRefresh: isRefresh) }
        if quirks.contains(.apiFields) {
            members["instance_url"] = .string(isRefresh ? "https://moved.example.com" : "https://api.example.com")
            if !isRefresh { members["workspace_id"] = "W-17" }
        }
        if quirks.contains(.furtherMembers) {
            members["session_state"] = .string(redemption.grant.sessionID)
            members["refresh_expires_in"] = 1800
            members["not-before-policy"] = 0
        }
        if quirks.contains(.identityInTokenAnswer), !isRefresh {
            let user: JSONObject = [
                "id": .string(redemption.user.subject), "name": .string(redemption.user.name),
            ]
            members["owner"] = ["type": "user", "user": .object(user)]
        }
        return members
    }

    private func besideBot(_ user: JSONObject, _ redemption: Redemption, isRefresh: Bool) -> JSONObject {
        var user = user
        user["token_type"] = "user"
        let team: JSONObject = ["id": "T9TK3CUKW", "name": "Corp Workspace"]
        guard !isRefresh else {
            var members: JSONObject = ["ok": true, "team": .object(team)]
            for (name, value) in user.members { members[name] = value }
            return members
        }
        user["id"] = .string(redemption.user.subject)
        return [
            "ok": true, "app_id": "A0KRD7HC3", "access_token": "the-bots-token-not-the-users", "token_type": "bot",
            "scope": "commands", "bot_user_id": "U0KRQLJ9H", "authed_user": .object(user), "team": .object(team),
            "enterprise": .null, "is_enterprise_install": false,
        ]
    }
}
