import AuthorizationServer
import OAuthClientKit
import OAuthProtocol
import OAuthState

extension Schedule {
    /// What must hold after every step, read from the stores that the next request would ask.
    func verify() async throws {
        guard let server = site.server, !isDiskFailing else { return }
        let stores = server.storage.stores
        for (number, facts) in sessions.enumerated() where facts.standing != .doubtful {
            let session = try await stores.sessions.session(facts.id, now: now)
            switch facts.standing {
            case .live:
                guard let session else { throw RuleBroken("session \(number) was lost") }
                guard session.userID.text == facts.subject else {
                    throw RuleBroken("session \(number) changed its user")
                }
            case .ended:
                guard session == nil else { throw RuleBroken("session \(number) has ended and is alive") }
            case .doubtful: break
            }
        }
        for (number, facts) in clients.enumerated() where facts.isUsed || now < facts.registeredAt + .seconds(86_000) {
            guard try await stores.clients.client(facts.client.id) != nil else {
                throw RuleBroken("client \(number) was lost")
            }
        }
        for (name, facts) in users {
            guard let isBlocked = facts.isBlocked, let id = facts.subject.flatMap(UserID.init),
                let blocks = stores.administration?.blocks
            else { continue }
            guard try await blocks.isBlocked(.user(id)) == isBlocked else {
                throw RuleBroken("\(name) is \(isBlocked ? "no longer" : "still") blocked")
            }
        }
        for name in site.provider.usersWithReuse where users[name]?.isExcused == false {
            throw RuleBroken("a refresh token of \(name)'s at the provider was sent twice, or its successor was lost")
        }
        try verifyBounds(try await stores.upkeep.counts())
    }

    /// Everything that strangers or clients can make grow has its bound.
    private func verifyBounds(_ counts: StoreCounts) throws {
        let limits = SimulatedSite.limits
        guard counts.pendingAuthorizations <= limits.pendingAuthorizationsMax,
            counts.authorizationCodes <= limits.authorizationCodesMax,
            counts.users <= users.count, counts.connections <= users.count
        else { throw RuleBroken("a bound was exceeded: \(counts)") }
    }
}
