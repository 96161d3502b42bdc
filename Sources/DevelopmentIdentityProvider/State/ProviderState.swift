import OAuthProtocol

/// Users, clients, codes and tokens: everything that is checked and changed together.
actor ProviderState {
    /// The most entries of each kind; the oldest are dropped, which does not matter in a provider for tests.
    static let entryCountMax = 20_000
    /// How long a sign-in page is valid.
    static let signInLifetime = Duration.seconds(600)

    /// An issued code.
    struct CodeEntry {
        let grantID: Int
        let redirectURI: String
        let challenge: CodeChallenge?
        let expiresAt: Timestamp
        var isUsed = false
    }

    /// A grant with its refresh tokens.
    struct GrantEntry {
        let grant: Grant
        var refreshTokens: [String] = []
        var refreshCount = 0
        var refreshAttemptCount = 0
        var revocation: RevocationReason?
    }

    /// An issued access token.
    struct AccessEntry {
        let grantID: Int
        let scopes: [String]
        let expiresAt: Timestamp?
    }

    let configuration: DevelopmentIdentityProvider.Configuration
    var users: [DevelopmentUser]
    var clients: [String: DevelopmentClient] = [:]
    var signIns = BoundedTable<(request: SignInRequest, expiresAt: Timestamp)>(countMax: entryCountMax)
    var browserSessions = BoundedTable<(subject: String, authenticatedAt: Timestamp)>(countMax: entryCountMax)
    var codes = BoundedTable<CodeEntry>(countMax: entryCountMax)
    var access = BoundedTable<AccessEntry>(countMax: entryCountMax)
    var refreshTokens = BoundedTable<Int>(countMax: entryCountMax)
    var usedAssertions = BoundedTable<Timestamp>(countMax: entryCountMax)
    var grants: [Int: GrantEntry] = [:]
    private var lastGrantID = 0

    init(_ configuration: DevelopmentIdentityProvider.Configuration) {
        self.configuration = configuration
        users = configuration.users
        if case .registered(let clients) = configuration.clients {
            for client in clients { self.clients[client.id] = client }
        }
    }

    // MARK: Users and clients

    func user(_ subject: String) -> DevelopmentUser? {
        users.first { $0.subject == subject }
    }

    func user(answeringTo hint: String) -> DevelopmentUser? {
        users.first { $0.answers(to: hint) }
    }

    func setUser(_ user: DevelopmentUser) {
        if let index = users.firstIndex(where: { $0.subject == user.subject }) {
            users[index] = user
        } else {
            users.append(user)
        }
    }

    func removeUser(_ subject: String) {
        users.removeAll { $0.subject == subject }
    }

    /// The client of that id; an unregistered one has no secret.
    func client(_ id: String) -> DevelopmentClient? {
        clients[id]
    }

    func register(_ client: DevelopmentClient) {
        clients[client.id] = client
    }

    func removeClient(_ id: String) {
        clients[id] = nil
    }

    /// Whether the assertion is presented for the first time (RFC 7523 §3, `jti`).
    func consumeAssertion(_ id: String, now: Timestamp) -> Bool {
        guard usedAssertions[id] == nil else { return false }
        usedAssertions[id] = now
        return true
    }

    // MARK: Signing in

    func begin(_ request: SignInRequest, handle: String, now: Timestamp) {
        signIns[handle] = (request, now + ProviderState.signInLifetime)
    }

    /// Takes the request that a sign-in page was made for: each page accepts one answer.
    func takeSignIn(_ handle: String, now: Timestamp) -> SignInRequest? {
        guard let entry = signIns.remove(handle), now < entry.expiresAt else { return nil }
        return entry.request
    }

    func rememberBrowser(_ sessionID: String, subject: String, now: Timestamp) {
        browserSessions[sessionID] = (subject, now)
    }

    func browserSession(_ sessionID: String) -> (subject: String, authenticatedAt: Timestamp)? {
        browserSessions[sessionID]
    }

    func forgetBrowser(_ sessionID: String) {
        _ = browserSessions.remove(sessionID)
    }

    /// Whether a user has agreed to a client before.
    func hasGranted(_ subject: String, to clientID: String) -> Bool {
        grants.values.contains { $0.grant.subject == subject && $0.grant.clientID == clientID }
    }

    /// Records that a user agreed: the code represents the grant from now on.
    func issue(_ code: String, for grant: Grant, to request: SignInRequest, now: Timestamp) {
        lastGrantID += 1
        grants[lastGrantID] = GrantEntry(grant: grant)
        grants[lastGrantID - ProviderState.entryCountMax] = nil
        codes[code] = CodeEntry(
            grantID: lastGrantID,
            redirectURI: request.redirectURI,
            challenge: request.challenge,
            expiresAt: now + configuration.authorizationCodeLifetime
        )
    }
}
