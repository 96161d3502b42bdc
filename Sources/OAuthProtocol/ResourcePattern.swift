/// RFC 8707 §2: the addresses of a fleet of resources, such as `https://*.mcp.example.com/mcp`, with one label of the
/// host for each star.
///
/// Stars are whole labels at the beginning of the host, and two labels or more follow, so that the owner of the host is
/// never left to the request. Everything else is compared byte for byte.
package struct ResourcePattern: Hashable, Sendable {
    /// The pattern as it is configured.
    package let text: String
    /// The labels of the host; `nil` for a star.
    private let labels: [String?]
    private let port: UInt16?
    /// Path and query, as a comparison form has them.
    private let rest: String
    /// Whether the pattern has a path; without one, members are spelled without the slash too.
    private let hasPath: Bool

    /// Whether a text is meant as a pattern: a star before the path.
    package static func isMeant(by text: String) -> Bool {
        let afterScheme = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        return afterScheme.count > 2 && afterScheme[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.contains("*")
    }

    /// A pattern; `nil` for a text that is none.
    package init?(_ text: String) {
        guard Self.isMeant(by: text), let scheme = Self.prefix(of: text) else { return nil }
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // The parser of URIs sees names in the places of the stars.
        let sample = scheme + authority.replacing("*", with: "x") + text.dropFirst(scheme.count + authority.count)
        guard let form = ResourceCatalogue.comparisonForm(sample), let uri = URIReference(form) else { return nil }
        let host = authority.prefix { $0 != ":" }.lowercased()
        let labels = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let stars = labels.prefix { $0 == "*" }
        let fixed = labels.dropFirst(stars.count)
        guard !stars.isEmpty, fixed.count >= 2, fixed.allSatisfy(Self.isLabel) else { return nil }
        self.text = text
        self.labels = stars.map { _ in nil } + fixed.map { $0 }
        port = uri.port
        hasPath = URIReference(sample)?.path.isEmpty == false
        rest = uri.path + (uri.query.map { "?" + $0 } ?? "")
    }

    /// Whether an address is a member's; it must be spelled in lower case before the path.
    package func matches(_ address: String) -> Bool { audience(of: address) != nil }

    /// The audience of the member at an address; `nil` for another address.
    func audience(of address: String) -> String? {
        guard let form = ResourceCatalogue.comparisonForm(address), form == address || form == address + "/",
            matches(form: form)
        else { return nil }
        return hasPath || !rest.hasSuffix("/") ? form : String(form.dropLast())
    }

    private func matches(form: String) -> Bool {
        guard let uri = URIReference(form), uri.scheme == "https", uri.port == port, let host = uri.host else {
            return false
        }
        let named = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard named.count == labels.count, named.allSatisfy(Self.isLabel),
            zip(named, labels).allSatisfy({ name, label in label.map { $0.hasSameBytes(as: name) } ?? true })
        else { return false }
        return rest.hasSameBytes(as: uri.path + (uri.query.map { "?" + $0 } ?? ""))
    }

    private static func prefix(of text: String) -> String? {
        let scheme = "https://"
        return text.prefix(scheme.count).lowercased() == scheme ? String(text.prefix(scheme.count)) : nil
    }

    /// RFC 1123 §2.1: a label of a host name, in lower case.
    private static func isLabel(_ text: String) -> Bool {
        1...63 ~= text.utf8.count && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}

/// The audiences that a token may be for: resources, and the members of fleets.
package struct ResourceAudiences: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var exact: Set<String>
    /// Addresses of other resources, which are not in the fleets that would match them.
    private var others: Set<String> = []
    /// Every fleet, in the configuration's order: the first that matches an audience decides whose it is.
    private var fleets: [Fleet] = []

    private struct Fleet: Hashable, Sendable {
        let pattern: ResourcePattern
        let isOwn: Bool
    }

    /// These resources alone.
    package init(arrayLiteral resources: String...) {
        exact = Set(resources)
    }

    /// The audiences of all of these resources.
    init(_ resources: [ProtectedResource]) {
        exact = Set(resources.lazy.filter { $0.pattern == nil }.map(\.uri))
        fleets = resources.compactMap { $0.pattern.map { Fleet(pattern: $0, isOwn: true) } }
    }

    /// The audiences of one server's resources, in a configuration that may give members of its fleets to others.
    init(_ own: [ProtectedResource], of clientID: String, among resources: [ProtectedResource]) {
        self.init(own)
        guard !fleets.isEmpty else { return }
        for resource in resources where resource.pattern == nil && resource.clientID != clientID {
            others.formUnion([resource.uri] + resource.aliases)
        }
        fleets = resources.compactMap { resource in
            resource.pattern.map { Fleet(pattern: $0, isOwn: resource.clientID == clientID) }
        }
    }

    /// Whether an audience is among them.
    package func contains(_ audience: String) -> Bool {
        if exact.contains(audience) { return true }
        guard !fleets.isEmpty, !others.contains(audience) else { return false }
        return fleets.first { $0.pattern.matches(audience) }?.isOwn == true
    }
}
