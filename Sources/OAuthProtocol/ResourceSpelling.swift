/// RFC 8707 §2: a difference between a requested and a configured resource identifier that is accepted, where the
/// operator says so.
///
/// A token always has the configured spelling as its audience.
package enum ResourceTolerance: String, CaseIterable, Hashable, Sendable {
    /// The origin means the resource below it, as `https://host` for `https://host/mcp`.
    case origin
    /// One slash more or fewer at the end of the path.
    case slash
    /// Letters of the other case in the path.
    case `case`
}

extension ProtectedResource {
    /// The comparison forms of the address and its aliases.
    var exactForms: [String] {
        ([uri] + aliases).map { ResourceCatalogue.comparisonForm($0) ?? $0 }
    }

    /// Further comparison forms that the tolerances allow; letters are as configured.
    package var tolerantForms: [String] {
        exactForms.flatMap { form -> [String] in
            var forms: [String] = []
            if tolerances.contains(.slash), let other = Self.withOtherEnd(form) { forms.append(other) }
            if tolerances.contains(.origin), let origin = Self.origin(of: form), origin != form { forms.append(origin) }
            return forms
        }
    }

    /// The addresses at which its metadata is published (RFC 9728 §3.1): its own, its aliases, and the ones with the
    /// other end where that is tolerated.
    package var publishedIdentifiers: [String] {
        let own = [uri] + aliases
        guard tolerances.contains(.slash) else { return own }
        return own
            + own.compactMap { text in
                Self.withOtherEnd(ResourceCatalogue.comparisonForm(text) ?? text).flatMap {
                    own.contains($0) ? nil : $0
                }
            }
    }

    // A query follows the path, so the end of the text is not the end of the path.
    private static func withOtherEnd(_ form: String) -> String? {
        guard !form.utf8.contains(UInt8(ascii: "?")), let origin = origin(of: form), form != origin else { return nil }
        return form.hasSuffix("/") ? String(form.dropLast()) : form + "/"
    }

    private static func origin(of form: String) -> String? {
        guard let uri = URIReference(form), let host = uri.host else { return nil }
        return uri.scheme + "://" + host + (uri.port.map { ":\($0)" } ?? "") + "/"
    }
}

/// A spelling that is accepted for two resources by their tolerances, and so does not tell which one is meant.
package struct AmbiguousSpelling: Hashable, Sendable {
    /// The spelling, in its comparison form.
    package let text: String
    /// The index of the earlier resource.
    package let first: Int
    /// The index of the later resource.
    package let second: Int

    /// The ambiguous spellings of some resources, one for each two of them.
    ///
    /// A spelling that is some resource's address or alias is none: what is configured precedes what is tolerated.
    package static func all(among resources: [ProtectedResource]) -> [AmbiguousSpelling] {
        let configured = Set(resources.flatMap(\.exactForms))
        var found: [AmbiguousSpelling] = []
        func note(_ text: String, _ one: Int, _ other: Int) {
            let spelling = AmbiguousSpelling(text: text, first: min(one, other), second: max(one, other))
            let isKnown = found.contains { $0.first == spelling.first && $0.second == spelling.second }
            if one != other, !isKnown { found.append(spelling) }
        }
        var folded: [String: Int] = [:]
        for (index, resource) in resources.enumerated() where resource.tolerances.contains(.case) {
            // Without letters in the path, the only spelling is the one that is compared below.
            for form in resource.exactForms + resource.tolerantForms where hasLettersInPath(form) {
                note(form.lowercased(), folded[form.lowercased(), default: index], index)
                folded[form.lowercased()] = folded[form.lowercased()] ?? index
            }
        }
        var tolerated: [String: Int] = [:]
        for (index, resource) in resources.enumerated() {
            for form in resource.tolerantForms where !configured.contains(form) {
                note(form, tolerated[form, default: index], index)
                tolerated[form] = tolerated[form] ?? index
                note(form, folded[form.lowercased(), default: index], index)
            }
        }
        return found
    }

    private static func hasLettersInPath(_ form: String) -> Bool {
        URIReference(form).map { $0.path + ($0.query ?? "") }?.contains { $0.isLetter } ?? false
    }
}

/// The spellings of some resources, each with the resource that it means.
struct ResourceSpellings: Sendable {
    private let exact: [String: ProtectedResource]
    private let folded: [String: ProtectedResource]

    /// What is configured precedes what is tolerated, and of two equal spellings the earlier resource's counts.
    init(_ resources: [ProtectedResource]) {
        let uris = resources.map { (ResourceCatalogue.comparisonForm($0.uri) ?? $0.uri, $0) }
        let aliases = resources.flatMap { resource in resource.exactForms.map { ($0, resource) } }
        let tolerated = resources.flatMap { resource in resource.tolerantForms.map { ($0, resource) } }
        exact = Dictionary(uris + aliases + tolerated, uniquingKeysWith: { first, _ in first })
        let ignoringCase = resources.filter { $0.tolerances.contains(.case) }
        folded = Dictionary(
            ignoringCase.flatMap { resource in
                (resource.exactForms + resource.tolerantForms).map { ($0.lowercased(), resource) }
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The resource that a comparison form means.
    subscript(form: String) -> ProtectedResource? {
        exact[form] ?? (folded.isEmpty ? nil : folded[form.lowercased()])
    }
}
