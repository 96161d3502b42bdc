/// A moment in whole milliseconds since 1970-01-01T00:00:00Z, as the pure rules see time.
///
/// JOSE's `NumericDate` (RFC 7519 §2) counts seconds; storage and audit keep milliseconds.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch, leap seconds ignored.
    package let millisecondsSinceEpoch: Int64

    /// A moment given in milliseconds.
    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// A moment given in seconds, as in `exp`, `iat` and `auth_time`.
    package init(secondsSinceEpoch: Int64) {
        let (product, overflow) = secondsSinceEpoch.multipliedReportingOverflow(by: 1000)
        millisecondsSinceEpoch = overflow ? (secondsSinceEpoch < 0 ? .min : .max) : product
    }

    /// Whole seconds since the Unix epoch, rounded down.
    package var secondsSinceEpoch: Int64 {
        let quotient = millisecondsSinceEpoch / 1000
        return millisecondsSinceEpoch % 1000 < 0 ? quotient - 1 : quotient
    }

    /// Earlier moments are smaller.
    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.millisecondsSinceEpoch < rhs.millisecondsSinceEpoch
    }

    /// The moment `duration` after this one; saturates at the ends of the range.
    package static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        let (sum, overflow) = lhs.millisecondsSinceEpoch.addingReportingOverflow(rhs.wholeMilliseconds)
        return Timestamp(millisecondsSinceEpoch: overflow ? (rhs < .zero ? .min : .max) : sum)
    }

    /// The moment `duration` before this one.
    package static func - (lhs: Timestamp, rhs: Duration) -> Timestamp {
        lhs + (.zero - rhs)
    }

    /// The time from `rhs` to `lhs`; negative when `lhs` is earlier.
    ///
    /// Saturates at the ends of the range, because a claim may contain any number (D-38).
    package static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        let (difference, overflow) = lhs.millisecondsSinceEpoch.subtractingReportingOverflow(rhs.millisecondsSinceEpoch)
        return .milliseconds(overflow ? (lhs < rhs ? .min : .max) : difference)
    }
}

extension Duration {
    /// This duration in whole milliseconds, the fraction dropped.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }

    /// This duration in whole seconds, the fraction dropped, as `expires_in` and `Retry-After` have it.
    package var wholeSeconds: Int64 {
        components.seconds
    }
}

/// The source of the time, so that a test can control it.
package protocol TimeSource: Sendable {
    /// The current time.
    func now() -> Timestamp
}
