import HTTPTypes
import SocketHTTP

/// W3C Trace Context §3.2: the trace that a request belongs to.
enum TraceParent {
    /// The trace id of a header: 32 hexadecimal digits; `nil` for a malformed header, which is ignored (§3.2.2.5).
    static func traceID(_ header: String) -> String? {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, isHex(parts[0], count: 2), parts[0] != "ff", isHex(parts[1], count: 32),
            isHex(parts[2], count: 16), isHex(parts[3], count: 2),
            // Version 00 ends here; later ones may add parts.
            parts.count == 4 || parts[0] != "00",
            // §3.2.2.3: zeros are no id.
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        return String(parts[1])
    }

    private static func isHex(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension SourceAddressResolver {
    /// The trace of a request from a trusted proxy, or nothing: anyone else could file requests under others' traces.
    func traceID(of request: Request) -> String {
        guard isFromProxy(request) else { return "" }
        let values = request.values(of: .traceparent)
        guard values.count == 1 else { return "" }
        return TraceParent.traceID(values[0]) ?? ""
    }
}
