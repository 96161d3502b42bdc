package import OAuthProtocol
package import ServerConfiguration
import UpstreamIdentity

/// Which of a provider's claims, such as groups and roles, go into our access tokens, as the operator maps them.
package struct ClaimMapping: Sendable {
    private let names: [Configuration.ClaimName]

    /// The most bytes of JSON that mapped claims take in one token, because a token travels in a header (JW-4).
    package static let byteCountMax = 2048

    /// A mapping.
    package init(_ names: [Configuration.ClaimName]) {
        self.names = names
    }

    /// Adds a provider's claims to those of earlier providers of the same login, which are never overruled.
    ///
    /// A claim that does not fit is left out entirely: half a list of groups would state that the user is in no other.
    package func add(_ claims: JSONObject, to mapped: inout JSONObject) {
        for name in names {
            // The configuration refuses reserved names; tokens must stay correct even if one is missed.
            guard mapped[name.name] == nil, !AccessTokenClaims.reservedNames.contains(name.name),
                let value = claims.value(at: name.upstream), Self.isPlain(value)
            else { continue }
            var extended = mapped
            extended[name.name] = value
            guard extended.serialized().count <= Self.byteCountMax else { continue }
            mapped = extended
        }
    }

    /// Texts, numbers, flags, and lists of them; deeper structures are not mapped.
    private static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .string, .number, .bool: true
        case .array(let elements):
            elements.allSatisfy { element in
                switch element {
                case .string, .number, .bool: true
                case .null, .array, .object: false
                }
            }
        case .null, .object: false
        }
    }
}
