import Foundations

/// RFC 9449 §4.3: a URI as `htu` is compared, without query and fragment, after the normalizations of RFC 3986 §6.2.2
/// and §6.2.3.
///
/// Two spellings of one URI must not make an honest client's proof wrong; two URIs must never become one.
struct NormalizedTarget: Hashable, Sendable {
    /// Scheme, host and unusual port.
    let origin: String
    /// The path, which begins with a slash.
    let path: String

    /// The normalized URI.
    var text: String { origin + path }

    /// `nil` for what is not an http or https URI, or has user information.
    init?(_ text: String) {
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty, uri.userInformation == nil,
            let usualPort = Self.usualPorts[uri.scheme]
        else { return nil }
        let port = uri.port ?? usualPort
        origin = uri.scheme + "://" + host.lowercased() + (port == usualPort ? "" : ":\(port)")
        path = Self.withoutDotSegments(Self.withUsualEscapes(uri.path))
    }

    private static let usualPorts: [String: UInt16] = ["http": 80, "https": 443]

    // RFC 3986 §6.2.2.1 and §6.2.2.2: hexadecimal digits in upper case, and nothing escaped that needs no escape.
    private static func withUsualEscapes(_ path: String) -> String {
        var output: [UInt8] = []
        var bytes = path.utf8.makeIterator()
        while let byte = bytes.next() {
            // `URIReference` accepts whole escapes only.
            guard byte == UInt8(ascii: "%"), let high = bytes.next(), let low = bytes.next(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else {
                output.append(byte)
                continue
            }
            if value.isUnreserved {
                output.append(value)
            } else {
                output.append(byte)
                output.append(contentsOf: String(decoding: [high, low], as: UTF8.self).uppercased().utf8)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    // RFC 3986 §6.2.2.3 and §5.2.4; an empty path is the root (§6.2.3).
    private static func withoutDotSegments(_ path: String) -> String {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var kept: [Substring] = []
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".":
                if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
