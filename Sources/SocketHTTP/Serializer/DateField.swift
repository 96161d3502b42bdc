import Foundations

/// RFC 9110 §5.6.7: the `Date` field line, formatted once a second.
struct DateField {
    private var second = Int64.min
    private var line: [UInt8] = []
    private let following: [UInt8]

    /// A field that is always followed by the same lines.
    init(followedBy lines: [UInt8] = []) {
        following = lines
    }

    /// The whole line, with its line end, of a time in seconds since 1970, and the lines that follow it.
    mutating func line(at unixSeconds: Int64) -> [UInt8] {
        if unixSeconds != second {
            second = unixSeconds
            line = Array("Date: \(HTTPDate.text(secondsSinceEpoch: unixSeconds))\r\n".utf8) + following
        }
        return line
    }
}
