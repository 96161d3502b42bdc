import AuthorizationServerTesting
import OAuthProtocol
import OAuthState

/// What the sessions' store should do, written naively over dictionaries.
struct SessionModel {
    struct Code {
        var grant: AuthorizationGrant
        var expiry: Timestamp
        var failures = 0
        var isRedeemed = false
    }

    var codes: [String: Code] = [:]
    var sessions: [SessionID: Session] = [:]
    var consents: Set<String> = []
    let policy: SessionPolicy

    /// Drops the codes that are too old to be remembered.
    mutating func forgetCodes(now: Timestamp) {
        codes = codes.filter { now < $0.value.expiry + .seconds(600) }
    }

    mutating func issue(_ code: String, _ grant: AuthorizationGrant, now: Timestamp) {
        forgetCodes(now: now)
        codes[code] = Code(grant: grant, expiry: now + policy.authorizationCodeLifetime)
    }

    mutating func redeem(_ name: String, wrong: CodeMismatch?, now: Timestamp) -> RedemptionOutcome {
        guard let code = codes[name] else { return .unknown }
        if let wrong {
            if !code.isRedeemed {
                codes[name]?.failures += 1
                if code.failures + 1 == 5 {
                    codes[name] = nil
                }
            }
            return .mismatch(wrong)
        }
        if code.isRedeemed {
            sessions[code.grant.sessionID] = nil
            return .replayed(code.grant.sessionID)
        }
        if now >= code.expiry {
            return .expired
        }
        codes[name]?.isRedeemed = true
        let idle = code.grant.issuesRefreshToken ? policy.refreshTokenLifetime : policy.accessTokenLifetime
        let session = Session(
            id: code.grant.sessionID,
            userID: code.grant.userID,
            clientID: StoreSample.clientID,
            scopes: StoreSample.scopes,
            resource: StoreSample.resource,
            connections: code.grant.connections,
            authenticatedAt: code.grant.authenticatedAt,
            absoluteExpiry: now + policy.sessionLifetime,
            idleExpiry: now + idle,
            generation: code.grant.issuesRefreshToken ? 1 : 0,
            rotatedAt: now
        )
        sessions[session.id] = session
        return .redeemed(session, code.grant)
    }

    mutating func rotate(_ use: RefreshTokenUse, now: Timestamp) -> RotationOutcome {
        guard var session = sessions[use.family], session.generation != 0 else { return .unknown }
        if use.clientID != StoreSample.clientID {
            return .wrongClient
        }
        if now >= session.absoluteExpiry || now >= session.idleExpiry {
            sessions[use.family] = nil
            return .expired
        }
        let age = Int(session.generation) - Int(use.generation)
        if age < 0 || age > 1 || (age == 1 && now - session.rotatedAt >= policy.refreshReuseGrace) {
            sessions[use.family] = nil
            return .reused(session)
        }
        if let scopes = use.scopes, scopes.tokens.contains(where: { !StoreSample.scopes.tokens.contains($0) }) {
            return .scopeExceeded
        }
        if use.resource != nil && use.resource != StoreSample.resource {
            return .resourceExceeded
        }
        if age == 1 {
            return .repeated(session)
        }
        let generation = use.rotates ? use.generation + 1 : use.generation
        if generation != session.generation {
            session.generation = generation
            session.rotatedAt = now
        }
        session.idleExpiry = now + policy.refreshTokenLifetime
        sessions[use.family] = session
        return .rotated(session)
    }
}
