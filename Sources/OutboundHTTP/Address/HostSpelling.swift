import Foundations

/// The meaning of a URL's host, if it is spelled in the one canonical way (D-82).
///
/// `0x7f.1`, `2130706433`, `127.1` and `0177.0.0.1` all mean 127.0.0.1 to some resolvers and are names to others; a
/// trailing dot gives every name a second spelling; letters beyond ASCII look like others. All of these are refused.
package enum HostSpelling: Hashable, Sendable {
    /// A DNS name in lower case; one label only if it is `localhost`.
    case name(String)
    /// A literal address.
    case address(RemoteAddress)
    /// Not canonical; the reason does not repeat the host.
    case refused(String)

    /// Reads a host as written in a URL, IPv6 addresses in brackets.
    package static func classify(_ host: String) -> HostSpelling {
        if host.hasPrefix("[") { return classifyBracketed(host) }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last else { return .refused("host is too long") }
        if last.isEmpty, host.utf8.count > 1 { return .refused("host ends in a dot") }
        guard labels.allSatisfy(isLabel) else { return .refused("host is not a DNS name in ASCII") }
        if isNumber(last) { return classifyNumeric(host) }
        let name = host.lowercasedASCII
        // A name without a dot depends on this machine's search list.
        if labels.count == 1, name != "localhost" { return .refused("host is a single label") }
        return .name(name)
    }

    private static func classifyBracketed(_ host: String) -> HostSpelling {
        let inner = host.dropFirst().dropLast()
        guard host.hasSuffix("]"), inner.contains(":"), let address = RemoteAddress(String(inner)) else {
            return .refused("host is not an IPv6 address")
        }
        return .address(address)
    }

    private static func classifyNumeric(_ host: String) -> HostSpelling {
        guard let address = RemoteAddress(host) else { return .refused("host is not a canonical IPv4 address") }
        return .address(address)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            return false
        }
        return label.allSatisfy {
            $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }

    /// Whether some resolver reads the label as a number: decimal, octal, or `0x` followed by hexadecimal digits or
    /// nothing.
    private static func isNumber(_ label: Substring.UTF8View) -> Bool {
        if label.allSatisfy(\.isASCIIDigit) { return true }
        let isHexadecimal =
            label.first == UInt8(ascii: "0") && label.dropFirst().first.map(\.lowercasedASCII) == UInt8(ascii: "x")
        return isHexadecimal && label.dropFirst(2).allSatisfy(\.isASCIIHexDigit)
    }
}
