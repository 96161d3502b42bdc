package import OAuthProtocol

/// What claims say about a rule.
package enum ClaimVerdict: Hashable, Sendable {
    /// They comply.
    case accepted
    /// They are there, and do not comply.
    case refused
    /// They are missing, so that another answer of the same provider may comply or not.
    case unknown
}

extension ClaimRule {
    /// Whether claims comply, where a missing claim differs from one with another value.
    package func verdict(on claims: JSONObject) -> ClaimVerdict {
        switch self {
        case .claim(let path, _):
            guard Self.value(at: path, in: claims) != nil else { return .unknown }
            return accepts(claims) ? .accepted : .refused
        case .all(let rules):
            let verdicts = rules.map { $0.verdict(on: claims) }
            if verdicts.contains(.refused) { return .refused }
            return verdicts.contains(.unknown) ? .unknown : .accepted
        case .any(let rules):
            let verdicts = rules.map { $0.verdict(on: claims) }
            if verdicts.contains(.accepted) { return .accepted }
            return verdicts.contains(.unknown) ? .unknown : .refused
        }
    }
}
