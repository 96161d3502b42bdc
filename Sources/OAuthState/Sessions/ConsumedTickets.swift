import OAuthProtocol
import OpenSSLCrypto

/// CO-3: the single-use tokens of browsers that were used and have not expired.
///
/// Anyone can use one up without an account, so an entry is small: 64 bits of the token's hash, in a set for each
/// minute of expiry that is dropped as a whole. A million take some 20 MB. A new token shares these bits with one of
/// four million by chance once in 4 * 10^12 times, and is then refused.
struct ConsumedTickets: Sendable {
    private struct Slice {
        /// In several sets, because a set is copied as a whole when it grows.
        var sets = [Set<UInt64>](repeating: [], count: Self.setCount)
        var sources: [SourceNetwork: Int] = [:]
        var count = 0

        static let setCount = 256
    }

    private var slices: [Int64: Slice] = [:]
    private var shares = SourceShares()
    /// How many are remembered, including expired ones of the current minute.
    private(set) var count = 0

    private static let sliceSeconds: Int64 = 60

    /// Consumes a token, if this is its first use and the source's share permits it.
    ///
    /// - Parameters:
    ///   - ticket: The token's hash.
    ///   - expiry: When it expires; always the same for the same token.
    ///   - source: Who uses it.
    ///   - countMax: The bound of the table.
    /// - Returns: Whether this was the first use.
    mutating func consume(
        _ ticket: SHA256Digest,
        expiry: Timestamp,
        source: SourceNetwork,
        countMax: Int
    ) -> TicketConsumption {
        let bits = ticket.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let (minute, set) = (expiry.secondsSinceEpoch / Self.sliceSeconds, Int(bits % UInt64(Slice.setCount)))
        guard slices[minute]?.sets[set].contains(bits) != true else { return .alreadyUsed }
        guard shares.admits(source, count: count, countMax: countMax) else { return .full }
        slices[minute, default: Slice()].sets[set].insert(bits)
        slices[minute]?.sources[source, default: 0] += 1
        slices[minute]?.count += 1
        shares.add(source)
        count += 1
        return .consumed
    }

    /// Drops the minutes whose tokens have all expired.
    mutating func expire(now: Timestamp) {
        let present = now.secondsSinceEpoch / Self.sliceSeconds
        // At most as many minutes as a token lives.
        for minute in slices.keys where minute < present {
            guard let slice = slices.removeValue(forKey: minute) else { continue }
            count -= slice.count
            for (source, share) in slice.sources { shares.remove(source, share) }
        }
    }
}
