/// RFC 9470: what a resource demands of its users' logins.
package struct LoginRequirement: Hashable, Sendable {
    /// The values of `acr` of which a token must have one; empty for any.
    package let contextClasses: [String]
    /// How long ago the login may have been; `nil` for any time.
    package let maximumAge: Duration?

    /// A demand; without arguments none.
    package init(contextClasses: [String] = [], maximumAge: Duration? = nil) {
        self.contextClasses = contextClasses
        self.maximumAge = maximumAge
    }

    /// Whether a login suffices.
    ///
    /// What a token does not state counts as not met: a provider that tells neither time nor level of its logins proves
    /// nothing.
    package func isMet(authenticatedAt: Timestamp?, contextClass: String?, now: Timestamp) -> Bool {
        if let maximumAge {
            guard let authenticatedAt, now <= authenticatedAt + maximumAge else { return false }
        }
        guard !contextClasses.isEmpty else { return true }
        return contextClass.map { known in contextClasses.contains { $0.hasSameBytes(as: known) } } ?? false
    }

    /// RFC 9470 §3: the parameters of the challenge.
    package var challenge: [String] {
        var parameters: [String] = []
        if !contextClasses.isEmpty { parameters.append("acr_values=\"\(contextClasses.joined(separator: " "))\"") }
        if let maximumAge { parameters.append("max_age=\"\(maximumAge.components.seconds)\"") }
        return parameters
    }
}
