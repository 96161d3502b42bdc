import OAuthProtocol
import OAuthState

/// The members of an audit event, written as JSON immediately, because an event is on the path of every token.
///
/// Names must be unique and must not be a reserved one: time, event, request_id, source,
/// trace_id, prev, mac.
struct AuditFields: Sendable, ExpressibleByDictionaryLiteral {
    /// The members, each preceded by a comma.
    private(set) var members: [UInt8] = []

    /// Space for the members of nearly every event.
    static let usualByteCount = 320

    /// No members, with space for some.
    init(capacity: Int = 0) {
        members.reserveCapacity(capacity)
    }

    /// The members of a literal.
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The members that identify a session.
    init(_ session: Session) {
        members.reserveCapacity(Self.usualByteCount)
        append("client_id", session.clientID)
        append("sub", session.userID)
        append("tsid", session.id)
        append("resource", session.resource)
        append("scope", session.scopes)
    }

    /// Appends a text.
    mutating func append(_ name: String, _ text: String) {
        appendName(name)
        JSONWriter.append(text, to: &members)
    }

    /// Appends an identifier, whose alphabet needs no escapes.
    mutating func append(_ name: String, _ identifier: some StoredIdentifier) {
        appendName(name)
        members.append(UInt8(ascii: "\""))
        identifier.append(to: &members)
        members.append(UInt8(ascii: "\""))
    }

    /// Appends a set of scopes.
    mutating func append(_ name: String, _ scopes: ScopeSet) {
        appendName(name)
        members.append(UInt8(ascii: "\""))
        // A scope has no character that JSON would escape (RFC 6749 Appendix A.4).
        scopes.append(to: &members)
        members.append(UInt8(ascii: "\""))
    }

    /// Appends a number.
    mutating func append(_ name: String, _ number: Int) {
        appendName(name)
        JSONWriter.append(Int64(number), to: &members)
    }

    /// Appends true or false.
    mutating func append(_ name: String, _ value: Bool) {
        append(name, .bool(value))
    }

    /// Appends any value.
    mutating func append(_ name: String, _ value: JSONValue) {
        appendName(name)
        JSONWriter.append(value, to: &members)
    }

    private mutating func appendName(_ name: String) {
        // The names are ours and need no escapes.
        members.append(contentsOf: #",""#.utf8)
        members.append(contentsOf: name.utf8)
        members.append(contentsOf: #"":"#.utf8)
    }
}
