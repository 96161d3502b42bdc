import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OAuthState
import OutboundHTTP

extension Schedule {
    /// Whether an answer says nothing of the outcome.
    func isUnanswered(_ answer: OAuthTestClient.Answer) -> Bool { answer.status >= 500 }

    func broken(_ what: String, _ answer: OAuthTestClient.Answer) -> RuleBroken {
        RuleBroken("\(what); answered \(answer.status) \(answer.error ?? "") \(answer["error_description"] ?? "")")
    }

    /// An answer that is no answer needs a cause.
    func requireCause(_ answer: OAuthTestClient.Answer, _ what: String) throws {
        let isShaky = now < providerIsShakyUntil
        guard isDiskFailing || isShaky || answer.status == 503 && unknownSessionCount > 0 else {
            throw broken("\(what) failed without a cause", answer)
        }
    }

    mutating func register() async throws {
        var client = OAuthTestClient(
            issuer: SimulatedSite.issuer,
            transport: network,
            resource: SimulatedSite.resource
        )
        note("client \(clients.count) registers")
        let answer = try await client.register([
            "client_name": .string("Client \(clients.count)"), "redirect_uris": [.string(client.redirectURI)],
            "token_endpoint_auth_method": "none",
        ])
        if isUnanswered(answer) { return try requireCause(answer, "a registration") }
        guard answer.status == 201, let id = answer["client_id"] else { throw broken("a client was refused", answer) }
        client.id = id
        clients.append(KnownClient(client: client, registeredAt: now))
    }

    // MARK: - From the browser to a code

    mutating func logIn() async throws {
        let known = clients.indices.filter { clients[$0].isUsed || now < clients[$0].registeredAt + .seconds(86_000) }
        guard let client = known.randomElement(using: &random) else { return try await register() }
        let user = ["ada", "grace", "linus"][random.below(3)]
        note("\(user) logs in at client \(client)")
        let hadFault = site.provider.awaitsFault
        noteProviderFault(for: user)
        guard let code = try await code(for: user, client, hadFault: hadFault) else {
            // The provider's tokens may have been stored before the login failed.
            if users[user]?.connection == .ended { users[user]?.connection = .doubtful }
            return
        }
        users[user]?.connection = .live
        if isDiskFailing { users[user]?.isExcused = true }
        if random.chance(12) {
            note("its code is left to expire")
            return
        }
        try await redeem(code, user, client, inParallel: random.chance(20))
    }

    /// The code of a login; `nil` when the login was refused with a cause.
    private mutating func code(for user: String, _ client: Int, hadFault: Bool) async throws -> String? {
        let browser = TestBrowser(transport: network)
        var page = try await browser.get(clients[client].client.authorizationURL())
        guard page.status == 200, let ticket = page.hiddenFields["ticket"] else {
            return try refused(page, user, hadFault)
        }
        let consent = SimulatedSite.issuer + "/oauth/consent"
        let form = [("ticket", ticket), ("decision", "approve")]
        page = try await browser.post(consent, form: form)
        guard let location = page.header("location"), location.hasPrefix(SimulatedProvider.origin) else {
            return try refused(page, user, hadFault)
        }
        let callback = try site.provider.signIn(location, as: user)
        if random.chance(15) {
            note("the consent is sent again")
            let again = try await browser.post(consent, form: form)
            if again.header("location")?.hasPrefix(SimulatedProvider.origin) ?? false {
                throw RuleBroken("a consent was used twice")
            }
        }
        page = try await browser.get(callback)
        let code = OAuthTestClient.parameters(of: page.header("location") ?? "")["code"]
        if random.chance(20) {
            note("the callback is sent again")
            let again = try await browser.get(callback)
            // A browser that repeats its request may get the same code again, never another one.
            let other = OAuthTestClient.parameters(of: again.header("location") ?? "")["code"]
            if let code, let other, other != code { throw RuleBroken("a provider's answer was used twice") }
        }
        guard let code else { return try refused(page, user, hadFault) }
        guard users[user]?.isBlocked != true else { throw RuleBroken("a blocked user logged in") }
        return code
    }

    /// A login that ended without a code must have a cause.
    private func refused(_ page: TestBrowser.Page, _ user: String, _ hadFault: Bool) throws -> String? {
        let error = OAuthTestClient.parameters(of: page.header("location") ?? "")["error"]
        // Logins that were left fill their bounded table.
        if page.status == 503 || error == "temporarily_unavailable" { return nil }
        guard isDiskFailing || hadFault || users[user]?.isBlocked != false || now < providerIsShakyUntil else {
            throw RuleBroken(
                "a login was refused without a cause: \(page.status) \(error ?? "") \(page.text.suffix(600))"
            )
        }
        return nil
    }

    // MARK: - From a code to a session

    private mutating func redeem(_ code: String, _ user: String, _ client: Int, inParallel: Bool) async throws {
        let sender = clients[client].client
        note(inParallel ? "its code is redeemed twice at once" : "its code is redeemed")
        var answers = [OAuthTestClient.Answer]()
        if inParallel {
            async let first = sender.redeem(code)
            async let second = sender.redeem(code)
            answers = [try await first, try await second]
        } else {
            answers = [try await sender.redeem(code)]
        }
        usedCodes.append((code, client))
        let granted = answers.filter { $0.status == 200 }
        guard granted.count <= 1 else { throw RuleBroken("a code was redeemed twice") }
        let unanswered = answers.filter { isUnanswered($0) }
        for answer in unanswered { try requireCause(answer, "a redemption") }
        guard let answer = granted.first else {
            unknownSessionCount += 1
            guard unanswered.isEmpty else { return }
            if inParallel || users[user]?.isBlocked == nil || isDiskFailing { return }
            throw broken("a code was not redeemed", answers[0])
        }
        try add(answer, code, user, client)
        if inParallel {
            // RFC 6749 §4.1.2: the second use ends what came of the first, whichever was answered first.
            let isCertain = unanswered.isEmpty && !isDiskFailing
            if isCertain { sessions[sessions.count - 1].end() } else { sessions[sessions.count - 1].doubt() }
        }
    }

    private mutating func add(
        _ answer: OAuthTestClient.Answer,
        _ code: String,
        _ user: String,
        _ client: Int
    ) throws {
        guard let token = answer["access_token"], let refreshToken = answer["refresh_token"] else {
            throw broken("a redemption brought no tokens", answer)
        }
        let claims = try Self.claims(of: token)
        guard let id = claims["tsid"]?.stringValue.flatMap(SessionID.init), let subject = claims["sub"]?.stringValue
        else {
            throw RuleBroken("a token lacks tsid or sub")
        }
        guard !sessions.contains(where: { $0.id == id }) else { throw RuleBroken("a session was given out twice") }
        for (other, facts) in users where (facts.subject == subject) != (other == user) && facts.subject != nil {
            throw RuleBroken(
                "\(user) is \(subject), who is \(other), or was \(users[user]?.subject ?? "unknown") before"
            )
        }
        users[user]?.subject = subject
        clients[client].isUsed = true
        let session = KnownSession(
            id: id,
            subject: subject,
            user: user,
            client: client,
            code: code,
            life: site.life,
            refreshTokens: [refreshToken],
            accessTokens: [try Self.facts(of: token)],
            rotation: (now, now),
            lastUse: now
        )
        // At their bound the one that was idle longest ends; which one that is depends on moments.
        let beside = sessions.indices.filter { sessions[$0].user == user && sessions[$0].client == client }
        let aliveCount = beside.filter { sessions[$0].standing != .ended }.count + unknownSessionCount
        if aliveCount >= SimulatedSite.limits.sessionsPerUserAndClientMax {
            for index in beside { sessions[index].doubt() }
        }
        sessions.append(session)
    }

    static func facts(of token: String) throws -> KnownToken {
        guard let expiry = try claims(of: token)["exp"]?.integerValue else { throw RuleBroken("a token lacks exp") }
        return KnownToken(token: token, expiry: Timestamp(secondsSinceEpoch: Int64(expiry)))
    }

    private static func claims(of token: String) throws -> JSONObject {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let payload = Base64URL.decode(String(parts[1])) else {
            throw RuleBroken("an access token is no JWT")
        }
        return try JSONParser.parseObject(payload)
    }

    /// RFC 6749 §4.1.2: a code counts once; while the server remembers it, the second use ends what came of the first.
    mutating func replayCode() async throws {
        guard let (code, client) = usedCodes.randomElement(using: &random) else { return }
        let index = sessions.firstIndex { $0.code == code }
        note("the code of session \(index.map(String.init) ?? "without answer") is sent again")
        let answer = try await clients[client].client.redeem(code)
        guard let index else {
            if answer.status == 200 { unknownSessionCount += 1 }
            return
        }
        if answer.status == 200 { throw RuleBroken("a code was redeemed twice") }
        if isUnanswered(answer) {
            try requireCause(answer, "a replay")
            return sessions[index].doubt()
        }
        guard sessions[index].life == site.life else { return sessions[index].doubt() }
        // A code that has long expired is forgotten.
        sessions[index].doubt()
    }
}
