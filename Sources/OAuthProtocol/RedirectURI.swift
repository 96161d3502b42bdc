/// OAuth 2.1 §2.3 and RFC 8252 §7: which redirect URIs can be registered, and which requested ones match.
package enum RedirectURI {
    /// The longest redirect URI that is registered or matched, in bytes (CR-2).
    package static let byteCountMax = 2048

    /// The redirect URIs that the operator allows beyond https and loopback http.
    package struct Policy: Hashable, Sendable {
        /// Private-use callbacks allowed by their exact bytes, such as Cursor's (FD-4).
        package var allowedPrivateUse: Set<String>
        /// Private-use callbacks allowed by what they begin with.
        package var allowedPatterns: [PrivateUsePattern]
        /// Whether the callbacks of ``KnownProgram/all`` are allowed.
        package var acceptsKnownPrograms: Bool

        /// A policy with the operator's private-use URIs and patterns.
        package init(
            allowedPrivateUse: Set<String> = [],
            allowedPatterns: [PrivateUsePattern] = [],
            acceptsKnownPrograms: Bool = false
        ) {
            self.allowedPrivateUse = allowedPrivateUse
            self.allowedPatterns = allowedPatterns
            self.acceptsKnownPrograms = acceptsKnownPrograms
        }

        fileprivate func allows(_ uri: URIReference) -> Bool {
            allowedPrivateUse.contains(uri.text)
                || allowedPatterns.contains { $0.accepts(uri) }
                || acceptsKnownPrograms && KnownProgram.all.contains { $0.accepts(uri) }
        }
    }

    /// Why a redirect URI cannot be registered, written for the client's developer.
    package struct Refusal: Error, Hashable, Sendable {
        /// One sentence without quotes.
        package let reason: String
    }

    /// Checks a URI for registration (CR-2, CR-5, D-3, D-5, D-6, D-7).
    ///
    /// - Parameters:
    ///   - text: The URI as the client sent it; it is stored unchanged.
    ///   - policy: What the operator allows beyond https and loopback http.
    ///   - isWebApplication: `application_type` is `web`: https only.
    /// - Throws: ``Refusal`` with the reason.
    package static func validateForRegistration(
        _ text: String,
        policy: Policy,
        isWebApplication: Bool = false
    ) throws(Refusal) {
        guard !text.isEmpty, text.utf8.count <= byteCountMax else {
            throw Refusal(reason: "must have between 1 and \(byteCountMax) bytes")
        }
        guard let uri = URIReference(text) else { throw Refusal(reason: "is not an absolute URI in plain ASCII") }
        // OAuth 2.1 §2.3: no fragment. User information hides the real host from a human reader (D-7).
        guard uri.fragment == nil else { throw Refusal(reason: "must not have a fragment") }
        guard uri.userInformation == nil else { throw Refusal(reason: "must not have user information") }
        guard !text.utf8.contains(UInt8(ascii: "*")) else { throw Refusal(reason: "must not have a wildcard") }
        try refuseResponseParameters(uri)
        switch uri.scheme {
        case "https":
            guard let host = uri.host, !host.isEmpty else { throw Refusal(reason: "has no host") }
        case "http":
            guard uri.isLoopbackHTTP else { throw Refusal(reason: "http is allowed for loopback only; use https") }
            guard !isWebApplication else { throw Refusal(reason: "a web application must use https") }
        default:
            try validatePrivateUse(uri, policy: policy, isWebApplication: isWebApplication)
        }
    }

    // AZ-14: an answer has one code or error, one state and one iss. A client that reads the first of two would read
    // the registered one.
    private static func refuseResponseParameters(_ uri: URIReference) throws(Refusal) {
        guard let query = uri.query else { return }
        let names: [String]
        do { names = try FormParameters(query: query).names } catch {
            throw Refusal(reason: "has a query that cannot be read")
        }
        if let name = ["code", "state", "iss", "error", "error_description"].first(where: names.contains) {
            throw Refusal(reason: "must not have \(name) in its query")
        }
    }

    private static func validatePrivateUse(
        _ uri: URIReference,
        policy: Policy,
        isWebApplication: Bool
    ) throws(Refusal) {
        try refuseDangerousScheme(uri)
        guard !isWebApplication else { throw Refusal(reason: "a web application must use https") }
        if policy.allows(uri) {
            return
        }
        // OAuth 2.1 §8.4.3, RFC 8252 §7.1: private-use schemes are reverse domain names, so that they have an owner.
        guard uri.scheme.contains("."), uri.scheme.split(separator: ".").count >= 2 else {
            throw Refusal(reason: "scheme \(uri.scheme) is neither a reverse domain name nor on the allowed list")
        }
    }

    // Schemes that run or show their content: a registered one would be script injection at redirect time (D-5).
    static func refuseDangerousScheme(_ uri: URIReference) throws(Refusal) {
        let dangerous: Set<String> = [
            "javascript", "data", "file", "vbscript", "blob", "mailto", "about", "filesystem", "ws", "wss", "ftp",
        ]
        guard !dangerous.contains(uri.scheme) else { throw Refusal(reason: "scheme \(uri.scheme) is not allowed") }
    }

    /// Whether a requested redirect URI matches a registered one: the same bytes, or all but the port equal when both
    /// are loopback http (RFC 6749 §3.1.2.3, RFC 8252 §7.3; AZ-4…6, FD-3).
    package static func matches(requested: String, registered: String) -> Bool {
        if requested.hasSameBytes(as: registered) {
            return true
        }
        guard
            let request = URIReference(requested), let registration = URIReference(registered),
            request.isLoopbackHTTP, registration.isLoopbackHTTP,
            request.userInformation == nil, request.fragment == nil,
            registration.userInformation == nil, registration.fragment == nil
        else { return false }
        // Everything but the port is exact. Hosts are not interchangeable: localhost may resolve to an address other
        // than 127.0.0.1 (AZ-6).
        return request.text.hasPrefix("http://") && registration.text.hasPrefix("http://")
            && request.host == registration.host
            && request.path == registration.path
            && request.query == registration.query
    }

    /// The registered URI that `requested` matches; an exact match takes precedence over a loopback match.
    package static func match(_ requested: String, among registered: [String]) -> Bool {
        guard requested.utf8.count <= byteCountMax else { return false }
        return registered.contains { matches(requested: requested, registered: $0) }
    }

    /// The redirect URI with parameters added to its query; a registered query is kept (AZ-4).
    package static func adding(_ parameters: [(String, String)], to redirectURI: String) -> String {
        guard !parameters.isEmpty else { return redirectURI }
        let query = FormParameters.serialize(parameters)
        guard let mark = redirectURI.utf8.firstIndex(of: UInt8(ascii: "?")) else { return redirectURI + "?" + query }
        let isEmptyQuery = redirectURI.utf8.index(after: mark) == redirectURI.endIndex
        return redirectURI + (isEmptyQuery ? "" : "&") + query
    }
}
