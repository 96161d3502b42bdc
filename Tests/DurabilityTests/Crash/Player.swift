import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP

/// One client's user among several: drives flows, remembers every answer, and knows what must hold after a crash.
struct Player: Sendable {
    let number: Int
    private let deployment: StorageDeployment
    /// What is allowed to fail at the moment.
    private let faults: FaultWindow
    private var random: SeededGenerator
    private(set) var clients: [OAuthTestClient] = []
    private(set) var sessions: [SessionFacts] = []
    private var singleUses: SingleUses
    private var userCount = 0
    private var life = 0
    /// Whether there are several nodes: codes outlive each of them, and a replay may end a session of an earlier life.
    private let hasNodes: Bool

    /// Answers so far, by kind of request.
    private(set) var counts: [String: Int] = [:]
    /// Everything that came over the wire and must never be seen on the disk.
    var secrets: [String] { ownSecrets + singleUses.secrets }
    private var ownSecrets: [String] = []

    /// How many sessions of each standing are kept and checked.
    private static let sessionCountMax = 2
    private static let clientCountMax = 3

    init(
        number: Int,
        deployment: StorageDeployment,
        seed: UInt64,
        faults: FaultWindow = FaultWindow(),
        hasNodes: Bool = false
    ) {
        self.number = number
        self.hasNodes = hasNodes
        self.faults = faults
        self.deployment = deployment
        singleUses = SingleUses(number: number, deployment: deployment)
        random = SeededGenerator(seed: seed &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03)
    }

    // MARK: - Load

    /// Does one thing after another until the server is gone, or nothing more is wanted.
    ///
    /// - Throws: ``Violation`` when an answer contradicts an earlier one.
    mutating func play(while goesOn: @Sendable () -> Bool = { !Task.isCancelled }) async throws {
        do {
            while goesOn() {
                let wasOpen = faults.isOpen
                do {
                    try await act()
                } catch let violation as Violation where wasOpen || faults.isOpen {
                    // While disk or provider fail, an answer says so, and nothing else goes wrong.
                    guard FaultWindow.saysSo(violation) else { throw violation }
                    count("during a fault")
                }
                forget()
            }
        } catch is OutboundError {
            // The server is gone, in the middle of whatever it was.
        }
    }

    private mutating func act() async throws {
        let live = sessions.indices.filter { sessions[$0].standing == .live }
        guard let index = live.randomElement(using: &random), live.count > 1 else { return try await logIn() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<4: try await register()
        case 4..<10: try await logIn()
        case 10..<20: try await exchange(index)
        case 20..<28: try await repeatRefresh(index)
        case 28..<32: try await reuse(index)
        case 32..<34: try await replayCode(index)
        case 34..<42: try await useOnce()
        default: try await refresh(index)
        }
    }

    private mutating func register() async throws {
        let name = "Player \(number) the \(clients.count + (counts["register"] ?? 0))th"
        let client = try await deployment.registeredClient(named: name)
        count("register")
        ownSecrets.append(name)
        clients.append(client)
        if clients.count > Self.clientCountMax { clients.removeFirst() }
    }

    private mutating func logIn() async throws {
        guard let client = clients.randomElement(using: &random) else { return try await register() }
        userCount += 1
        let user = "player\(number)-\(userCount)"
        await deployment.provider.setUser(
            DevelopmentUser(
                subject: user,
                name: "Person \(user)",
                email: "\(user)@players.example",
                numericID: Int64(number * 1_000_000 + userCount)
            )
        )
        let code = try await deployment.code(for: client, user: user)
        let answer = try await client.redeem(code)
        guard answer.status == 200, let accessToken = answer["access_token"], let token = answer["refresh_token"] else {
            throw violation("a code was not redeemed", answer)
        }
        count("redeem")
        ownSecrets += [code, accessToken, token, "\(user)@players.example", "Person \(user)"]
        sessions.append(
            SessionFacts(
                client: client,
                user: user,
                code: code,
                life: life,
                refreshTokens: [token],
                accessToken: accessToken,
                // The server renews upstream tokens by itself, and may be killed while it does.
                isUpstreamOpen: faults.isOpen
            )
        )
    }

    private mutating func refresh(_ index: Int) async throws {
        let session = sessions[index]
        guard let token = session.refreshTokens.last else { return }
        sessions[index].isRefreshOpen = true
        let answer = try await session.client.refresh(token)
        if endsWithUpstream(index, answer) { return }
        guard answer.status == 200, let accessToken = answer["access_token"], let next = answer["refresh_token"] else {
            throw violation("a session that was live does not refresh (open: \(session.isRefreshOpen))", answer)
        }
        guard next != token else { throw violation("a refresh token was its own successor", answer) }
        count("refresh")
        sessions[index].isRefreshOpen = false
        sessions[index].refreshTokens.append(next)
        sessions[index].accessToken = accessToken
        ownSecrets += [accessToken, next]
    }

    /// FD-1: the same refresh token again gets the same successor, byte for byte, even across a crash.
    private mutating func repeatRefresh(_ index: Int) async throws {
        let session = sessions[index]
        guard session.refreshTokens.count >= 2, !session.isRefreshOpen else { return try await refresh(index) }
        let answer = try await session.client.refresh(session.refreshTokens[session.refreshTokens.count - 2])
        if endsWithUpstream(index, answer) { return }
        guard answer.status == 200, answer["refresh_token"] == session.refreshTokens.last else {
            throw violation("a repeated refresh did not get the same successor", answer)
        }
        count("repeat")
    }

    /// The provider rotated, the server was killed before it had the answer, and the provider then took the older token
    /// for a stolen one and ended everything: what came of that login ends here too, and rightly.
    private mutating func endsWithUpstream(_ index: Int, _ answer: OAuthTestClient.Answer) -> Bool {
        guard
            sessions[index].isUpstreamOpen, answer.status == 400, answer.error == "invalid_grant",
            answer["error_description"]?.contains("the identity provider ended") ?? false
        else { return false }
        count("upstream lost with the server")
        sessions[index] = sessions[index].ended
        return true
    }

    /// RFC 9700 §4.14.2: a refresh token from two generations back ends the session.
    private mutating func reuse(_ index: Int) async throws {
        let session = sessions[index]
        guard session.refreshTokens.count >= 3, !session.isRefreshOpen else { return try await refresh(index) }
        sessions[index].standing = .doubtful
        let answer = try await session.client.refresh(session.refreshTokens[session.refreshTokens.count - 3])
        guard answer.status == 400, answer.error == "invalid_grant" else {
            throw violation("a refresh token of two generations back was not refused", answer)
        }
        count("reuse")
        sessions[index].standing = .revoked
    }

    /// RFC 6749 §4.1.2: a code that comes again is refused, and ends the session while the server remembers the code.
    private mutating func replayCode(_ index: Int) async throws {
        let session = sessions[index]
        if session.life == life || hasNodes { sessions[index].standing = .doubtful }
        let answer = try await session.client.redeem(session.code)
        guard answer.status == 400, answer.error == "invalid_grant" else {
            throw violation("a used code was not refused", answer)
        }
        count("replay")
        if session.life == life { sessions[index].standing = .revoked }
    }

    private mutating func exchange(_ index: Int) async throws {
        let session = sessions[index]
        guard session.standing == .live else { return }
        sessions[index].isUpstreamOpen = true
        let wasFaulty = faults.isOpen
        let answer = try await session.client.exchange(session.accessToken)
        if session.isUpstreamOpen, answer.status == 400, answer.error != "invalid_grant" {
            // The provider rotated, and the server was killed before it had the answer: no one can know that token.
            count("upstream lost with the server")
            return
        }
        guard answer.status == 200, let token = answer["access_token"] else {
            throw violation("an upstream token is not there (open: \(session.isUpstreamOpen))", answer)
        }
        count("exchange")
        // While the provider's answers are lost, a rotation may be lost behind an older token that still serves.
        sessions[index].isUpstreamOpen = wasFaulty || faults.isOpen || (session.isUpstreamOpen && faults.hasOpened)
        ownSecrets.append(token)
    }

    private mutating func useOnce() async throws {
        // A proxy may send a GET again whose node was killed; the proof that came with it is used up then.
        let kinds = SingleUses.Kind.allCases.filter { !hasNodes || $0 != .proof }
        guard let kind = kinds.randomElement(using: &random) else { return }
        try await singleUses.use(kind)
        count(kind.rawValue)
    }

    // MARK: - After a restart

    /// Checks that every answer of the lives before still holds.
    ///
    /// - Throws: ``Violation`` with the first that does not.
    mutating func verify(life: Int) async throws {
        self.life = life
        for client in clients {
            let answer = try await client.refresh("gr_unknown")
            guard answer.error == "invalid_grant" else { throw violation("a registered client is not known", answer) }
        }
        singleUses.life = life
        try await singleUses.verify()
        for kind in SingleUses.Kind.allCases { count(kind.rawValue) }
        for index in sessions.indices {
            switch sessions[index].standing {
            case .live:
                // The repeat comes before the refresh, because only the predecessor is forgiven.
                if Bool.random(using: &random) { try await repeatRefresh(index) }
                try await refresh(index)
                if Bool.random(using: &random) { try await replayCode(index) }
                if Bool.random(using: &random) { try await exchange(index) }
            case .doubtful:
                // Sent again, the same request ends it now if it did not then.
                try await settle(index)
            case .revoked:
                try await expectRevoked(index)
            }
        }
        count("verified lives")
        forget()
    }

    private mutating func settle(_ index: Int) async throws {
        let session = sessions[index]
        if session.refreshTokens.count >= 3 {
            sessions[index].isRefreshOpen = false
            try await reuse(index)
        } else {
            // A code's replay that was not answered; the code is gone with the server's life, and nothing is known.
            sessions[index] = session.ended
        }
    }

    private func expectRevoked(_ index: Int) async throws {
        guard let token = sessions[index].refreshTokens.last else { return }
        let answer = try await sessions[index].client.refresh(token)
        guard answer.status == 400, answer.error == "invalid_grant" else {
            throw violation("a revoked session lives again", answer)
        }
    }

    // MARK: - Ledger

    private mutating func forget() {
        for isRevoked in [false, true] {
            let indices = sessions.indices.filter { (sessions[$0].standing != .live) == isRevoked }
            if indices.count > Self.sessionCountMax, let oldest = indices.first { sessions.remove(at: oldest) }
        }
    }

    private mutating func count(_ kind: String) {
        counts[kind, default: 0] += 1
    }

    private func violation(_ what: String, _ answer: OAuthTestClient.Answer) -> Violation {
        let detail = "\(answer.error ?? "") \(answer["error_description"] ?? "")"
        return Violation("player \(number) in life \(life): \(what); answered \(answer.status) \(detail)")
    }
}

extension SessionFacts {
    /// The facts without any token that could be checked.
    fileprivate var ended: SessionFacts {
        var facts = self
        facts.standing = .revoked
        facts.refreshTokens = []
        return facts
    }
}
