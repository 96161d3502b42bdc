import OAuthProtocol

/// The value of a claim that a test puts into a token; written as a literal.
///
/// ```swift
/// try server.mint(claims: ["groups": ["staff", "admin"], "level": 3, "act": ["sub": "agent"], "jti": .null])
/// ```
public enum ClaimValue: Sendable, Hashable {
    /// Removes the claim.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number, such as a date in seconds since 1970.
    case integer(Int)
    /// A text.
    case string(String)
    /// A list.
    case array([ClaimValue])
    /// An object; one of two equal names is kept.
    case object([String: ClaimValue])

    /// The value in JSON; `null` inside lists and objects stays.
    var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .string(let value): .string(value)
        case .array(let values): .array(values.map(\.json))
        case .object(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
        }
    }
}

extension ClaimValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension ClaimValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    /// A list.
    public init(arrayLiteral elements: ClaimValue...) { self = .array(elements) }
    /// An object; of two equal names the later value is kept.
    public init(dictionaryLiteral elements: (String, ClaimValue)...) {
        self = .object(Dictionary(elements) { $1 })
    }
    /// Removes the claim.
    public init(nilLiteral: ()) { self = .null }
}

extension JSONObject {
    /// Replaces and removes claims.
    mutating func apply(_ claims: [String: ClaimValue]) {
        for (name, value) in claims.sorted(by: { $0.key < $1.key }) { self[name] = value == .null ? nil : value.json }
    }
}
