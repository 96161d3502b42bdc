extension ClaimRule {
    /// The values that the rule names for a claim, at any depth; patterns as they were configured.
    package func texts(of claim: String) -> [String] {
        switch self {
        case .claim(let path, let patterns): path == claim ? patterns.map(\.text) : []
        case .all(let rules), .any(let rules): rules.flatMap { $0.texts(of: claim) }
        }
    }
}
