import Foundations

/// The parts of an absolute `http` or `https` URL that decide where a request goes.
///
/// Stricter than RFC 3986, so that libcurl's parser cannot find another host than this one: printable ASCII only, no
/// user information, no backslash, a host of letters, digits, `.`, `-` and `_` or an IPv6 address in brackets.
struct OutboundURL: Equatable {
    /// The longest URL that is accepted.
    static let byteCountMax = 8192

    let isHTTPS: Bool
    /// The host as spelled, IPv6 addresses in brackets.
    let host: String
    let port: UInt16

    init(_ text: String) throws(OutboundError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.byteCountMax else { throw Self.invalid("URL is too long") }
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw Self.invalid("URL has a byte that is not allowed")
        }
        let schemeEnd = bytes.prefix(9).firstIndex(of: UInt8(ascii: ":")) ?? 0
        switch String(decoding: bytes[..<schemeEnd], as: UTF8.self).lowercasedASCII {
        case "https": isHTTPS = true
        case "http": isHTTPS = false
        default: throw Self.invalid("URL is neither http nor https")
        }
        let rest = bytes[(schemeEnd + 1)...]
        guard rest.starts(with: "//".utf8) else { throw Self.invalid("URL has no host") }
        let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        (host, port) = try Self.hostAndPort(Array(authority), defaultPort: isHTTPS ? 443 : 80)
    }

    /// The part of a URL that may be logged: everything up to the query or fragment, without user information.
    static func redacted(_ url: String) -> String {
        let shown = String(decoding: url.utf8.prefix { !"?#".utf8.contains($0) }.prefix(256), as: UTF8.self)
        return shown.contains("@") ? "<redacted>" : shown
    }

    private static func hostAndPort(_ authority: [UInt8], defaultPort: UInt16) throws(OutboundError) -> (String, UInt16)
    {
        guard !authority.contains(UInt8(ascii: "@")) else { throw invalid("URL has user information") }
        let hostEnd: Int
        if authority.first == UInt8(ascii: "["), let close = authority.firstIndex(of: UInt8(ascii: "]")) {
            guard
                authority[1..<close].allSatisfy({
                    $0.isASCIIHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { throw invalid("host is not an IPv6 address") }
            hostEnd = close + 1
        } else {
            hostEnd = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            guard authority[..<hostEnd].allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || ".-_".utf8.contains($0) })
            else {
                throw invalid("host has a byte that is not allowed")
            }
        }
        guard hostEnd > 0 else { throw invalid("URL has no host") }
        return (String(decoding: authority[..<hostEnd], as: UTF8.self), try port(authority[hostEnd...], defaultPort))
    }

    private static func port(_ bytes: ArraySlice<UInt8>, _ defaultPort: UInt16) throws(OutboundError) -> UInt16 {
        if bytes.isEmpty { return defaultPort }
        let digits = bytes.dropFirst()
        guard bytes.first == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(\.isASCIIDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { throw invalid("URL has no valid port") }
        return port
    }

    private static func invalid(_ reason: String) -> OutboundError { OutboundError(.invalidURL, reason) }
}
