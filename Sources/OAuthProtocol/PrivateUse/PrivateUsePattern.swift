/// RFC 8252 §7.1: an operator's pattern for private-use redirect URIs: `SCHEME://AUTHORITY/PATH/*` (C-1).
///
/// It fixes the scheme and at least one part behind it: a bare scheme would hand codes to every address of a program,
/// commands included.
package struct PrivateUsePattern: Hashable, Sendable {
    /// All of the pattern before the `*`; ends with a slash.
    package let prefix: String

    /// Whether an entry of the configuration is meant as a pattern.
    package static func isMeant(by text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "*"))
    }

    /// Reads a pattern.
    ///
    /// - Throws: ``RedirectURI/Refusal`` for one that fixes too little, has `*` elsewhere, or has a scheme that runs or
    ///   shows its content.
    package init(_ text: String) throws(RedirectURI.Refusal) {
        let prefix = String(text.dropLast())
        guard text.hasSuffix("/*"), !prefix.utf8.contains(UInt8(ascii: "*")) else {
            throw RedirectURI.Refusal(reason: "must have its only * at the end, after a slash")
        }
        guard let uri = URIReference(prefix) else {
            throw RedirectURI.Refusal(reason: "is not an absolute URI in plain ASCII")
        }
        try RedirectURI.refuseDangerousScheme(uri)
        guard uri.userInformation == nil, uri.query == nil, uri.fragment == nil, !uri.hasDotSegments else {
            throw RedirectURI.Refusal(reason: "must not have user information, query, fragment or dot segments")
        }
        let fixesPath = uri.path.utf8.contains { $0 != UInt8(ascii: "/") }
        guard uri.host.map({ !$0.isEmpty }) ?? fixesPath else {
            throw RedirectURI.Refusal(reason: "must not allow a whole scheme; write SCHEME://AUTHORITY/PATH/*")
        }
        self.prefix = prefix
    }

    /// Whether a URI is below the prefix, even after a program resolves dots and escapes in it.
    package func accepts(_ uri: URIReference) -> Bool {
        uri.text.hasPrefix(prefix) && uri.text.utf8.count > prefix.utf8.count && !uri.hasDotSegments
            && !uri.path.utf8.contains(UInt8(ascii: "%"))
    }
}
