import Foundations

/// RFC 3339 §5.6: the text form of moments in logs and the audit trail.
extension Timestamp {
    /// The moment in UTC with milliseconds, such as `2026-11-23T08:04:31.007Z`; limited to the years 0 to 9999, which
    /// the format can express.
    package var rfc3339: String {
        var text: [UInt8] = []
        appendRFC3339(to: &text)
        return String(ascii: text.span)
    }

    /// Appends the same to a buffer of ASCII.
    package func appendRFC3339(to output: inout [UInt8]) {
        RFC3339.append(millisecondsSinceEpoch: millisecondsSinceEpoch, to: &output)
    }
}
