import OAuthProtocol

extension Configuration {
    /// Decodes a configuration and checks every value.
    ///
    /// - Parameter root: The tree of the file, environment overrides already applied.
    /// - Throws: Everything that is wrong, in the order of the file's lines.
    package init(decoding root: ConfigurationNode) throws(ConfigurationErrors) {
        let problems = ConfigurationProblems()
        ConfigurationKeyCheck(problems: problems).walk(root)
        let file = ConfigurationCursor(path: "", node: root, location: nil, problems: problems)
        let decoded = Self.decode(file)
        guard let decoded, problems.errors.isEmpty else { throw ConfigurationErrors(problems.errors.inLineOrder) }
        self = decoded
    }

    /// Decodes as much as there is, so that every error is found; `nil` without an issuer.
    private static func decode(_ file: ConfigurationCursor) -> Configuration? {
        guard file.section() != nil else { return nil }
        let issuer = file.required("issuer")?.issuer()
        // Decoding goes on with a stand-in when the issuer was refused; the result is then thrown away.
        guard let base = issuer ?? Issuer.standIn else { return nil }
        var configuration = Configuration(issuer: base, listen: Self.listeners(file["listen"], issuer: base))
        configuration.decode(file)
        return issuer == nil ? nil : configuration
    }

    private mutating func decode(_ file: ConfigurationCursor) {
        if let section = file["management"]?.section() { management = Management(decoding: section) }
        if let section = file["storage"]?.section() { storage = Storage(decoding: section) }
        if let section = file["audit"]?.section() { audit.whenFull = section["when_full"]?.choice() ?? audit.whenFull }
        if let section = file["signing"]?.section() { signing = Signing(decoding: section) }
        if let section = file["tokens"]?.section() { tokens = Tokens(decoding: section) }
        consent = file["consent"]?.choice() ?? consent
        if let section = file["registration"]?.section() { registration = Registration(decoding: section) }
        scopes = file["scopes"]?.strings(ConfigurationRules.scopeObjection).map { ScopeSet($0) } ?? scopes
        upstreams = file["upstreams"]?.sections().compactMap { Upstream(decoding: $0) } ?? []
        if let section = file["forward_auth"]?.section() { forwardAuth.secret = section["secret"]?.secret() }
        resources = file["resources"]?.sections().compactMap { Resource(decoding: $0, within: self) } ?? []
        clients = file["clients"]?.sections().compactMap { Client(decoding: $0, within: self) } ?? []
        if let section = file["limits"]?.section() { limits = Limits(decoding: section) }
        if let section = file["outbound"]?.section() { outbound.caFile = section["ca_file"]?.string() }
        trustedProxies = file["trusted_proxies"]?.elements()?.compactMap { $0.addressRange() } ?? []
        ConfigurationUniqueness(file: file).check()
    }
}

extension Issuer {
    /// What decoding goes on with when the configured issuer was refused.
    fileprivate static var standIn: Issuer? {
        // The text is fixed and valid; `nil` would only end the decoding early.
        try? Issuer("https://issuer.invalid")
    }
}

extension ConfigurationCursor {
    /// The issuer identifier (MD-3).
    fileprivate func issuer() -> Issuer? {
        guard let text = string() else { return nil }
        do {
            return try Issuer(text)
        } catch {
            return refused(error.reason)
        }
    }

    /// The elements of a list of maps; others are refused.
    func sections() -> [ConfigurationCursor] {
        elements()?.compactMap { $0.section() } ?? []
    }
}

extension [ConfigurationError] {
    /// Sorted by line; what has no line comes first, and one line's errors stay in the order they were found.
    fileprivate var inLineOrder: [ConfigurationError] {
        func line(_ error: ConfigurationError) -> Int {
            if case .line(let line) = error.location { line } else { 0 }
        }
        return enumerated().sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
    }
}
