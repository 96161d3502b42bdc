import OAuthProtocol
import UpstreamIdentity

extension Configuration {
    /// A claim of the provider's, and the claim of ours that takes its value.
    package struct ClaimName: Hashable, Sendable {
        /// The provider's claim: a name, or names joined by dots through nested objects.
        package var upstream: String

        /// The claim in our access tokens.
        package var name: String

        /// Maps a claim.
        package init(upstream: String, name: String) {
            self.upstream = upstream
            self.name = name
        }
    }
}

// The formats of maps whose keys are the provider's.

extension Format where Value == [Configuration.ClaimName] {
    /// A map of the provider's claims to ours, each of ours once.
    static var claimNames: Format {
        Format(
            "map of claims to claims, such as `{groups: groups}`",
            schema: .map(to: .text),
            read: { cursor, _ in
                cursor.entries().reduce(into: []) { names, entry in
                    guard let name = entry.value.string(ConfigurationRules.claimNameObjection) else { return }
                    guard !names.contains(where: { $0.name == name }) else {
                        return entry.value.refuse("\(name) is mapped twice")
                    }
                    names.append(Configuration.ClaimName(upstream: entry.name, name: name))
                }
            },
            write: { .object(JSONObject($0.map { ($0.upstream, .string($0.name)) })) }
        )
    }
}

extension Format where Value == [UpstreamClaimRequirement] {
    /// A map of claims to a value or a list of values.
    static var claimRequirements: Format {
        Format(
            "map of claims to a value or a list of values, such as `{hd: corp.example}`",
            schema: .map(to: ["anyOf": [.object(.text), .object(.list(of: .text, countMin: 1))]]),
            read: { cursor, _ in
                cursor.entries().compactMap { claim, value in
                    guard let values = value.oneOrSeveral() else { return nil }
                    // With an empty list no account could log in, which is never meant.
                    guard !values.isEmpty else { return value.refused("must name at least one value") }
                    return UpstreamClaimRequirement(claim: claim, acceptedValues: Set(values))
                }
            },
            write: { requirements in
                .object(JSONObject(requirements.map { ($0.claim, .strings($0.acceptedValues.sorted())) }))
            }
        )
    }
}

extension Format where Value == [UpstreamParameter] {
    /// A map of parameters of the authorization request to their values.
    static var authorizationParameters: Format {
        Format(
            "map of names to values",
            schema: .map(to: .text, except: ConfigurationRules.reservedAuthorizationParameters),
            read: { cursor, _ in
                cursor.entries().compactMap { name, value in
                    if ConfigurationRules.reservedAuthorizationParameters.contains(name) {
                        return value.refused("is set by the server and cannot be configured")
                    }
                    return value.string().map { UpstreamParameter(name: name, value: $0) }
                }
            },
            write: { .object(JSONObject($0.map { ($0.name, .string($0.value)) })) }
        )
    }
}

extension ConfigurationCursor {
    fileprivate func oneOrSeveral() -> [String]? {
        if case .list = node.content { return strings() }
        return string().map { [$0] }
    }
}
