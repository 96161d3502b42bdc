import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OAuthState

extension Schedule {
    // MARK: - Refreshing

    mutating func refresh(_ index: Int) async throws {
        guard let token = sessions[index].refreshTokens.last else { return }
        note("session \(index) is refreshed")
        let answer = try await send(index) { try await $0.refresh(token) }
        try take(answer, index)
    }

    /// Requests of one client at once are one refresh: each of them gets the same successor (FD-1).
    mutating func refreshInParallel(_ index: Int) async throws {
        guard let token = sessions[index].refreshTokens.last else { return }
        note("session \(index) is refreshed three times at once")
        noteProviderFault(for: sessions[index].user)
        let client = clients[sessions[index].client].client
        async let first = client.refresh(token)
        async let second = client.refresh(token)
        async let third = client.refresh(token)
        let answers = [try await first, try await second, try await third]
        let successors = Set(answers.filter { $0.status == 200 }.compactMap { $0["refresh_token"] })
        guard successors.count <= 1 else { throw RuleBroken("one refresh token got \(successors.count) successors") }
        let best = answers.first { $0.status == 200 } ?? answers.first { isUnanswered($0) } ?? answers[0]
        try take(best, index)
        for answer in answers where answer.status == 200 {
            if let token = answer["access_token"], !sessions[index].accessTokens.contains(where: { $0.token == token })
            {
                sessions[index].accessTokens.append(try Self.facts(of: token))
            }
        }
    }

    /// What an answer to a refresh with the current token says.
    private mutating func take(_ answer: OAuthTestClient.Answer, _ index: Int) throws {
        let session = sessions[index]
        if answer.status == 200 {
            guard session.standing != .ended else { throw broken("an ended session was refreshed", answer) }
            guard let token = answer["access_token"], let next = answer["refresh_token"] else {
                throw broken("a refresh brought no tokens", answer)
            }
            let facts = try Self.facts(of: token)
            sessions[index].accessTokens.append(facts)
            guard next != session.refreshTokens.last else { throw RuleBroken("a refresh token is its own successor") }
            sessions[index].refreshTokens.append(next)
            sessions[index].rotation = (session.openSince ?? now, now)
            sessions[index].openSince = nil
            sessions[index].repeatCount = 0
            sessions[index].lastUse = now
            return
        }
        if isUnanswered(answer) {
            try requireCause(answer, "a refresh")
            if session.openSince == nil { sessions[index].openSince = now }
            return
        }
        // A refresh whose answer was lost long ago counts as made: its token is then reuse.
        let isLateRepeat = session.openSince.map { now >= $0 + .seconds(120) } ?? false
        if session.standing == .live, !isLateRepeat { throw broken("a live session was not refreshed", answer) }
        if answer.error == "invalid_grant" { sessions[index].end() }
    }

    /// FD-1: the predecessor yields the same successor for a while, and then counts as stolen.
    mutating func repeatRefresh(_ index: Int) async throws {
        let session = sessions[index]
        guard session.refreshTokens.count >= 2, session.openSince == nil else { return try await refresh(index) }
        note("session \(index) repeats its last refresh")
        let predecessor = session.refreshTokens[session.refreshTokens.count - 2]
        let answer = try await send(index) { try await $0.refresh(predecessor) }
        sessions[index].repeatCount += 1
        let isWithin = now < session.rotation.earliest + .seconds(120)
        let isBeyond = now > session.rotation.latest + .seconds(120)
        if answer.status == 200 {
            guard session.standing != .ended else { throw broken("an ended session was refreshed", answer) }
            guard answer["refresh_token"] == session.refreshTokens.last else {
                throw RuleBroken("a repeated refresh got another successor")
            }
            if isBeyond { throw RuleBroken("a predecessor was accepted after the grace") }
            if let token = answer["access_token"] { sessions[index].accessTokens.append(try Self.facts(of: token)) }
            return
        }
        if isUnanswered(answer) {
            try requireCause(answer, "a repeated refresh")
            if !isWithin { sessions[index].doubt() }
            return
        }
        guard answer.error == "invalid_grant" else { return }
        if session.standing == .live, isWithin, sessions[index].repeatCount < 8 {
            throw broken("a repeated refresh was refused", answer)
        }
        sessions[index].end()
    }

    /// RFC 9700 §4.14.2: a refresh token of two generations back ends the session.
    mutating func reuse(_ index: Int) async throws {
        let session = sessions[index]
        guard session.refreshTokens.count >= 3 else { return try await refresh(index) }
        note("session \(index) is refreshed with a token of two generations back")
        let old = session.refreshTokens[session.refreshTokens.count - 3]
        let answer = try await send(index) { try await $0.refresh(old) }
        if answer.status == 200 { throw RuleBroken("a refresh token was used twice") }
        if isUnanswered(answer) {
            try requireCause(answer, "a reuse")
            return sessions[index].doubt()
        }
        if answer.error == "invalid_grant" { sessions[index].end() }
    }

    private mutating func send(
        _ index: Int,
        _ request: (OAuthTestClient) async throws -> OAuthTestClient.Answer
    ) async throws -> OAuthTestClient.Answer {
        noteProviderFault(for: sessions[index].user)
        return try await request(clients[sessions[index].client].client)
    }

    // MARK: - Ending

    mutating func revoke(_ index: Int) async throws {
        guard let token = sessions[index].refreshTokens.last else { return }
        note("session \(index) is revoked by its client")
        let answer = try await send(index) { try await $0.revoke(token) }
        try ended(index, answer, "a revocation")
    }

    mutating func endSession(_ index: Int) async throws {
        note("session \(index) is ended by the operator")
        let answer = try await administer("DELETE", "/admin/sessions/\(sessions[index].id.text)")
        try ended(index, answer, "an ending")
    }

    private mutating func ended(_ index: Int, _ answer: OAuthTestClient.Answer, _ what: String) throws {
        if isUnanswered(answer) {
            try requireCause(answer, what)
            return sessions[index].doubt()
        }
        guard answer.status < 300 || answer.status == 404 else { throw broken("\(what) was refused", answer) }
        if answer.status == 404, sessions[index].standing == .live { throw broken("\(what) found no session", answer) }
        sessions[index].end()
    }

    mutating func revokeAccessToken(_ index: Int) async throws {
        let number = random.below(sessions[index].accessTokens.count)
        let token = sessions[index].accessTokens[number].token
        note("access token \(number) of session \(index) is revoked")
        let answer = try await send(index) { try await $0.revoke(token) }
        sessions[index].revokedTokenCount += 1
        // At their bound the whole session ends instead.
        if sessions[index].revokedTokenCount > SimulatedSite.limits.revokedAccessTokensPerSessionMax {
            sessions[index].doubt()
        }
        if isUnanswered(answer) {
            try requireCause(answer, "a revocation")
            if sessions[index].accessTokens[number].standing == .live {
                sessions[index].accessTokens[number].standing = .doubtful
            }
            return
        }
        guard answer.status == 200 else { throw broken("a revocation was refused", answer) }
        sessions[index].accessTokens[number].standing = .ended
    }

    func administer(_ method: String, _ path: String, form: String = "") async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: SimulatedSite.management, transport: network, resource: nil)
        var fields = [(name: "authorization", value: "Bearer " + SimulatedSite.adminToken)]
        if !form.isEmpty { fields.append(("content-type", "application/x-www-form-urlencoded")) }
        return try await client.send(
            method,
            SimulatedSite.management + path,
            headerFields: fields,
            body: Array(form.utf8)
        )
    }
}
