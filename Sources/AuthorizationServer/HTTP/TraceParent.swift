/// W3C Trace Context §3.2: the span that a request belongs to, as its sender names it.
struct TraceParent: Equatable, Sendable {
    /// The trace: 32 hexadecimal digits.
    let traceID: String
    /// The sender's span: 16 hexadecimal digits.
    let spanID: String
    /// §3.2.2.5.1: whether the sender records the trace.
    let isSampled: Bool

    /// Reads a header; `nil` for a malformed one, which is ignored (§3.2.2.5).
    init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], count: 2), parts[0] != "ff", Self.isHex(parts[1], count: 32),
            Self.isHex(parts[2], count: 16), Self.isHex(parts[3], count: 2),
            // Version 00 ends here; later ones may add parts.
            parts.count == 4 || parts[0] != "00",
            // §3.2.2.3: zeros are no id.
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        traceID = String(parts[1])
        spanID = String(parts[2])
        isSampled = UInt8(parts[3], radix: 16).map { $0 & 1 == 1 } ?? false
    }

    private static func isHex(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
