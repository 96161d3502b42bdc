import HashTreeCollections
import OAuthProtocol

/// Lets sessions share the storage of recurring texts: client ids, resources and scope sets.
///
/// A million sessions of a thousand clients store a thousand texts. Bounded: texts that no recent session used are
/// dropped, and the sessions that share one keep it.
struct SessionInterning: Sendable {
    private var texts: RecentValues<String>
    private var scopeSets: RecentValues<ScopeSet>

    /// Remembers up to `countMax` texts and as many scope sets.
    init(countMax: Int = 100_000) {
        texts = RecentValues(countMax: countMax)
        scopeSets = RecentValues(countMax: countMax)
    }

    /// How many texts and scope sets are remembered.
    var count: Int { texts.count + scopeSets.count }

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
            claims: session.claims,
            isFederated: session.isFederated,
            boundKey: session.boundKey,
            agent: session.agent,
            rotatedBy: session.rotatedBy
        )
    }

    private mutating func interning(_ text: String) -> String {
        let known = texts.known(text)
        // By bytes: Swift's `==` considers some texts equal that clients consider different.
        return known.hasSameBytes(as: text) ? known : text
    }

    private mutating func interning(_ scopes: ScopeSet) -> ScopeSet {
        scopeSets.known(scopes)
    }
}

/// The recently used values, in two generations: when the younger is full, the older is dropped and the younger takes
/// its place.
private struct RecentValues<Value: Hashable & Sendable>: Sendable {
    private var younger: TreeDictionary<Value, Value> = [:]
    private var older: TreeDictionary<Value, Value> = [:]
    private let generationCountMax: Int

    init(countMax: Int) {
        generationCountMax = max(1, countMax / 2)
    }

    var count: Int { younger.count + older.count }

    /// The stored value among equal ones; this one if it is the first.
    mutating func known(_ value: Value) -> Value {
        if let known = younger[value] { return known }
        let known = older.removeValue(forKey: value) ?? value
        if younger.count >= generationCountMax {
            older = younger
            younger = [:]
        }
        younger[known] = known
        return known
    }
}
