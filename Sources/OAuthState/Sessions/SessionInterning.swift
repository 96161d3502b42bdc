import OAuthProtocol

/// Lets sessions share the storage of texts that recur: client ids, resources and scope sets.
///
/// A million sessions of a thousand clients keep a thousand texts. Bounded: past the bound texts are kept one by one.
struct SessionInterning: Sendable {
    private var texts: [String: String] = [:]
    private var scopeSets: [ScopeSet: ScopeSet] = [:]
    private static let countMax = 100_000

    mutating func interning(_ session: Session) -> Session {
        Session(
            id: session.id,
            userID: session.userID,
            clientID: interning(session.clientID),
            scopes: interning(session.scopes),
            resource: interning(session.resource),
            connections: session.connections,
            authenticatedAt: session.authenticatedAt,
            absoluteExpiry: session.absoluteExpiry,
            idleExpiry: session.idleExpiry,
            generation: session.generation,
            rotatedAt: session.rotatedAt,
            claims: session.claims
        )
    }

    private mutating func interning(_ text: String) -> String {
        if let known = texts[text] {
            return known
        }
        if texts.count < Self.countMax {
            texts[text] = text
        }
        return text
    }

    private mutating func interning(_ scopes: ScopeSet) -> ScopeSet {
        if let known = scopeSets[scopes] {
            return known
        }
        if scopeSets.count < Self.countMax {
            scopeSets[scopes] = scopes
        }
        return scopes
    }
}
