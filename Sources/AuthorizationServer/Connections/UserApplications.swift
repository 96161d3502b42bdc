import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// The applications of a user: what the consent page promises that the user can see and withdraw.
struct UserApplications: Sendable {
    let sessions: any AuthorizationStore
    let clients: any ClientStore
    let vault: any ConnectionStore
    let policy: SessionPolicy
    let audit: AuditTrail

    /// The applications, by name.
    func list(of userID: UserID, now: Timestamp) async throws(OAuthError) -> [UserApplication] {
        let live = try await OAuthError.attempt(await sessions.sessions(of: userID, now: now))
        let consents = try await OAuthError.attempt(await sessions.consents(of: userID, now: now))
        // Agents are listed by themselves.
        let sessionsByClient = Dictionary(grouping: live.filter { $0.agent == nil }, by: \.clientID)
        let consentsByClient = Dictionary(grouping: consents, by: \.clientID)
        var applications: [UserApplication] = []
        for id in Set(sessionsByClient.keys).union(consentsByClient.keys) {
            let client = try await OAuthError.attempt(await clients.client(id))
            let own = consentsByClient[id] ?? []
            applications.append(
                UserApplication(
                    clientID: id,
                    name: client?.name,
                    destinations: Self.destinations(client, own),
                    sessions: sessionsByClient[id] ?? [],
                    consents: own.sorted { ($0.resource, $0.id) < ($1.resource, $1.id) }
                )
            )
        }
        return applications.sorted { ($0.name ?? "", $0.clientID) < ($1.name ?? "", $1.clientID) }
    }

    private static func destinations(_ client: Client?, _ consents: [RememberedConsent]) -> [String] {
        let registered = client?.redirectURIs ?? consents.map(\.destination)
        // A client may register many addresses of few hosts.
        return Set(registered.prefix(100).map { RedirectDestination($0).name }).sorted()
    }

    /// When a session began, to the precision that its end and its lifetime give.
    func beginning(of session: Session) -> Timestamp { policy.beginning(of: session) }

    /// Ends the access of an application, or of all: remembered approvals first, so that no login that relies on one
    /// yields another session, then sessions, codes and logins in progress.
    ///
    /// Returns the numbers of sessions and approvals that ended.
    func end(
        _ clientID: String?,
        of userID: UserID,
        by actor: String,
        context: RequestContext
    ) async throws(OAuthError) -> (sessions: Int, consents: Int) {
        let withdrawal = ConsentWithdrawal(userID: userID, clientID: clientID)
        let withdrawn = try await withdraw(withdrawal, by: actor, context: context)
        let ended = try await OAuthError.attempt(await sessions.sessions(of: userID, now: context.now))
            .filter { $0.agent == nil }
            .filter { session in clientID.map { session.clientID.hasSameBytes(as: $0) } ?? true }
        let own = try await OAuthError.attempt(await vault.connections(of: userID)).map(\.id)
        let ending = SessionEnding(sessions: Set(ended.map(\.id)), connections: Set(own), clientID: clientID)
        let count = try await OAuthError.attempt(await sessions.end(ending).outcome)
        for session in ended {
            await audit.waitForRoom()
            audit.record(.sessionEnded(session, by: actor), context: context)
        }
        return (count, withdrawn)
    }

    /// Withdraws remembered approvals; what they have led to goes on.
    func withdraw(
        _ withdrawal: ConsentWithdrawal,
        by actor: String,
        context: RequestContext
    ) async throws(OAuthError) -> Int {
        let count = try await OAuthError.attempt(await sessions.withdraw(withdrawal).outcome)
        if count > 0 { audit.record(.consentsWithdrawn(withdrawal, count: count, by: actor), context: context) }
        return count
    }
}
