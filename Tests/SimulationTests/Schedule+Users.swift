import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OAuthState

extension Schedule {
    // MARK: - What resource servers ask

    mutating func introspect(_ index: Int) async throws {
        let number = random.below(sessions[index].accessTokens.count)
        let token = sessions[index].accessTokens[number]
        note("access token \(number) of session \(index) is introspected")
        let answer = try await clients[sessions[index].client].client.introspect(
            token.token,
            as: SimulatedSite.resourceServer
        )
        if isUnanswered(answer) { return try requireCause(answer, "an introspection") }
        let isActive = answer.boolean("active") ?? false
        let isOver = now >= token.expiry
        if isActive {
            if sessions[index].standing == .ended || token.standing == .ended || isOver {
                throw broken("a token that is revoked or has expired is active", answer)
            }
            guard answer["sub"] == sessions[index].subject else { throw broken("a token has another subject", answer) }
        } else if sessions[index].standing == .live, token.standing == .live, !isOver {
            throw broken("a good token is not active", answer)
        }
    }

    mutating func exchange(_ index: Int) async throws {
        let session = sessions[index]
        guard let token = session.accessTokens.last else { return }
        note("session \(index) gets \(session.user)'s upstream token")
        noteProviderFault(for: session.user)
        let client = clients[session.client].client
        let isParallel = random.chance(25)
        async let other =
            isParallel
            ? client.exchange(token.token, audience: SimulatedSite.upstream, as: SimulatedSite.resourceServer) : nil
        let answer = try await client.exchange(
            token.token,
            audience: SimulatedSite.upstream,
            as: SimulatedSite.resourceServer
        )
        let answers = [answer, try await other].compactMap { $0 }
        for answer in answers { try checkExchange(answer, index, token) }
    }

    private func checkExchange(_ answer: OAuthTestClient.Answer, _ index: Int, _ token: KnownToken) throws {
        let session = sessions[index]
        let isOver = now >= token.expiry
        if answer.status == 200 {
            let upstreamToken = answer["access_token"] ?? ""
            guard site.provider.owner(ofAccessToken: upstreamToken) == session.user else {
                throw RuleBroken("\(session.user)'s client got the token \(upstreamToken)")
            }
            if session.standing == .ended || token.standing == .ended || isOver {
                throw RuleBroken("a token that is revoked or has expired was exchanged")
            }
            guard users[session.user]?.connection != .ended else { throw RuleBroken("a disconnected account was used") }
            return
        }
        if isUnanswered(answer) { return try requireCause(answer, "an exchange") }
        let isGood = session.standing == .live && token.standing == .live && !isOver
        let isShaky = now < providerIsShakyUntil || isDiskFailing
        if isGood, users[session.user]?.connection == .live, !isShaky {
            throw broken("an upstream token is not there", answer)
        }
    }

    // MARK: - What the operator does

    mutating func disconnect(_ index: Int) async throws {
        let (user, subject) = (sessions[index].user, sessions[index].subject)
        note("\(user)'s account is disconnected")
        let list = try await administer("GET", "/admin/users/\(subject)/connections")
        if isUnanswered(list) { return try requireCause(list, "a list of connections") }
        let rows: [JSONValue] = list.json["connections"]?.arrayValue ?? []
        let ids = rows.compactMap { row -> String? in
            guard case .object(let object) = row else { return nil }
            return object["id"]?.stringValue
        }
        guard ids.count <= 1 else { throw RuleBroken("one account has \(ids.count) connections") }
        for other in sessions.indices where sessions[other].user == user { sessions[other].doubt() }
        for id in ids {
            let answer = try await administer("DELETE", "/admin/connections/\(id)")
            if isUnanswered(answer) {
                try requireCause(answer, "a disconnection")
                users[user]?.connection = .doubtful
                return
            }
            guard answer.status < 300 else { throw broken("a disconnection was refused", answer) }
        }
        users[user]?.connection = .ended
    }

    mutating func block(_ index: Int) async throws {
        let (user, subject) = (sessions[index].user, sessions[index].subject)
        note("\(user) is blocked")
        let answer = try await administer("POST", "/admin/block", form: "kind=user&value=\(subject)")
        let isAnswered = !isUnanswered(answer)
        if isAnswered, answer.status != 200 { throw broken("a block was refused", answer) }
        if !isAnswered { try requireCause(answer, "a block") }
        if isAnswered {
            users[user]?.isBlocked = true
        } else if users[user]?.isBlocked == false {
            users[user]?.isBlocked = nil
        }
        for other in sessions.indices where sessions[other].user == user {
            if isAnswered { sessions[other].end() } else { sessions[other].doubt() }
        }
    }

    mutating func unblock() async throws {
        let blocked = users.filter { $0.value.isBlocked != false }.keys.sorted()
        guard let user = blocked.randomElement(using: &random), let subject = users[user]?.subject else { return }
        note("\(user) is unblocked")
        let answer = try await administer("POST", "/admin/unblock", form: "kind=user&value=\(subject)")
        if isUnanswered(answer) {
            try requireCause(answer, "an unblock")
            users[user]?.isBlocked = nil
            return
        }
        if answer.status == 404, users[user]?.isBlocked == true { throw broken("a block was lost", answer) }
        users[user]?.isBlocked = false
    }
}
