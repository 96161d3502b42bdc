import OAuthProtocol

/// A name and a value that are added to the authorization request.
package struct UpstreamParameter: Hashable, Sendable {
    /// The parameter's name.
    package var name: String
    /// The parameter's value, before encoding.
    package var value: String

    /// Makes a parameter.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// UP-4: the value that a claim of the verified ID token, or a field of the user's data, must have for the login to be
/// accepted.
///
/// The hosted domain, tenant or organization is enforced here, on what the provider signed, never on a hint in the
/// request.
package struct UpstreamClaimRequirement: Hashable, Sendable {
    /// The claim, such as `hd` or `tid`.
    package var claim: String
    /// The accepted values; an array claim must contain one of them.
    package var acceptedValues: Set<String>

    /// Makes a requirement.
    package init(claim: String, acceptedValues: Set<String>) {
        self.claim = claim
        self.acceptedValues = acceptedValues
    }

    /// Whether a claim's value, or one of the values of a list, is accepted; compared by bytes.
    func accepts(_ value: JSONValue) -> Bool { !accepted(of: value).isEmpty }

    /// The accepted ones of a claim's values.
    func accepted(of value: JSONValue) -> Set<String> {
        let values =
            switch value {
            case .array(let elements): elements
            default: [value]
            }
        return Set(values.compactMap(Self.text).filter(isAccepted))
    }

    /// Whether a value is accepted; compared by bytes.
    func isAccepted(_ text: String) -> Bool { acceptedValues.contains { $0.hasSameBytes(as: text) } }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let string): string
        case .number(let number): number.text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
