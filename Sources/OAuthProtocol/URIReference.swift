import Foundations

/// RFC 3986: a strictly parsed URI, for comparing redirect URIs, resources and issuers.
///
/// Nothing is decoded or normalized: OAuth compares URIs as strings (RFC 6749 §3.1.2.3), and a lenient parser would
/// accept `https://good\@evil` (D-3).
package struct URIReference: Hashable, Sendable {
    /// The URI as it was written.
    package let text: String
    /// The scheme in lower case.
    package let scheme: String
    /// The user information before `@`, if any.
    package let userInformation: String?
    /// The host as written; an IPv6 literal keeps its brackets.
    ///
    /// `nil` when the URI has no authority.
    package let host: String?
    /// The port as a number, if one was written.
    package let port: UInt16?
    /// The path as written, possibly empty.
    package let path: String
    /// The query after `?`, if any; an empty query is not the same as none.
    package let query: String?
    /// The fragment after `#`, if any.
    package let fragment: String?

    /// Parses `text`; `nil` when it is not an absolute URI in printable ASCII.
    ///
    /// Control bytes, spaces, non-ASCII, backslash, quotes and angle brackets are refused wherever they occur (D-6).
    package init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isURICharacter), Self.hasOnlyWholeEscapes(text.utf8) else { return nil }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let schemeText = text[..<colon]
        guard let first = schemeText.utf8.first, first.isASCIILetter else { return nil }
        guard schemeText.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) }) else {
            return nil
        }
        var rest = text[text.utf8.index(after: colon)...]
        var fragment: String?
        if let hash = rest.utf8.firstIndex(of: UInt8(ascii: "#")) {
            fragment = String(rest[rest.utf8.index(after: hash)...])
            rest = rest[..<hash]
        }
        var query: String?
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = String(rest[rest.utf8.index(after: mark)...])
            rest = rest[..<mark]
        }
        var authority: Authority?
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard let parsed = Authority(rest[..<end]) else { return nil }
            authority = parsed
            rest = rest[end...]
        }
        self.text = text
        scheme = schemeText.lowercased()
        userInformation = authority?.userInformation
        host = authority?.host
        port = authority?.port
        path = String(rest)
        self.query = query
        self.fragment = fragment
    }

    /// Whether a path segment is `.` or `..`, even with percent-encoded dots.
    package var hasDotSegments: Bool {
        path.lowercased().split(separator: "/", omittingEmptySubsequences: false).contains { segment in
            [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"].contains(segment)
        }
    }

    /// Whether the URI is `http` on `127.0.0.1`, `[::1]` or `localhost` (RFC 8252 §7.3; FD-3).
    package var isLoopbackHTTP: Bool {
        scheme == "http" && isLoopbackHost
    }

    /// Whether the host is one of the three spellings of loopback that native clients use.
    package var isLoopbackHost: Bool {
        host == "127.0.0.1" || host == "[::1]" || host?.lowercased() == "localhost"
    }

    private static func isURICharacter(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
    }

    private static func hasOnlyWholeEscapes(_ bytes: String.UTF8View) -> Bool {
        var hexDigitsOwed = 0
        for byte in bytes {
            if hexDigitsOwed > 0 {
                guard byte.isASCIIHexDigit else { return false }
                hexDigitsOwed -= 1
            } else if byte == UInt8(ascii: "%") {
                hexDigitsOwed = 2
            }
        }
        return hexDigitsOwed == 0
    }
}

/// RFC 3986 §3.2: user information, host and port.
private struct Authority {
    let userInformation: String?
    let host: String
    let port: UInt16?

    init?(_ text: Substring) {
        var rest = text
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            userInformation = String(rest[..<at])
            rest = rest[rest.utf8.index(after: at)...]
        } else {
            userInformation = nil
        }
        let hostEnd: Substring.Index
        if rest.hasPrefix("[") {
            guard let bracket = rest.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            hostEnd = rest.utf8.index(after: bracket)
            let inner = rest[rest.utf8.index(after: rest.startIndex)..<bracket]
            guard !inner.isEmpty, inner.utf8.allSatisfy({ $0.isASCIIHexDigit || ":.".utf8.contains($0) }) else {
                return nil
            }
        } else {
            hostEnd = rest.utf8.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            // No percent-encoding in hosts: `https://good%2eevil` is not a name (D-3).
            let name = rest[..<hostEnd].utf8
            guard name.allSatisfy(\.isUnreserved) else {
                return nil
            }
        }
        host = String(rest[..<hostEnd])
        guard hostEnd < rest.endIndex else {
            port = nil
            return
        }
        guard rest[hostEnd] == ":" else { return nil }
        let digits = rest[rest.utf8.index(after: hostEnd)...]
        guard digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isASCIIDigit), let number = UInt16(digits) else {
            return nil
        }
        port = number
    }
}
