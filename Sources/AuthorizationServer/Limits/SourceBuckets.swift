package import Foundations
package import SocketHTTP

/// Token buckets for the sources of requests, in bounded tables.
///
/// One IPv6 customer has a /64 at least and often a /48, with 65,536 of those (RFC 6177). A source therefore spends
/// from the buckets of all networks that contain it: its /64, its /56, which holds 8 times as much, and its /48, which
/// holds 32 times as much. An IPv4 address is a network of its own.
///
/// Nothing is forgotten at the bound of the table: a network without a bucket then spends from the bucket of the larger
/// network around it, so that a flood of addresses refuses that network and no other.
package struct SourceBuckets<Purpose: Hashable & Sendable>: Sendable {
    private struct Key: Hashable {
        let network: IPAddress
        let prefixLength: Int
        let purpose: Purpose
    }

    private struct Level {
        let prefixLength: Int
        let factor: Double
    }

    /// From the largest network to the smallest: what a /48 is refused must not fill the table with its /64s.
    private static var levelsOfV6: [Level] {
        [Level(prefixLength: 48, factor: 32), Level(prefixLength: 56, factor: 8), Level(prefixLength: 64, factor: 1)]
    }
    private static var levelsOfV4: [Level] { [Level(prefixLength: 32, factor: 1)] }

    /// The larger networks that share a bucket at the bound of the table.
    private static func sharedLevel(_ family: IPAddress.Family) -> Level {
        switch family {
        case .v4: Level(prefixLength: 16, factor: 32)
        case .v6: Level(prefixLength: 32, factor: 128)
        }
    }

    private var buckets: TokenBuckets<Key>
    private var shared: TokenBuckets<Key>

    /// Empty tables.
    ///
    /// - Parameter bucketsMax: The bound of the table of networks; that of larger networks has a sixteenth of it.
    package init(bucketsMax: Int) {
        buckets = TokenBuckets(bucketsMax: bucketsMax)
        shared = TokenBuckets(bucketsMax: max(1, bucketsMax / 16))
    }

    /// How many networks have a bucket.
    package var count: Int { buckets.count + shared.count }

    /// Takes one token of each network that contains the source; a refused source loses nothing by having asked.
    ///
    /// - Returns: `nil` when all had one, else after how long they will.
    package mutating func spend(
        _ purpose: Purpose,
        source: IPAddress,
        rate: TokenBucket.Rate,
        atMilliseconds now: Int64
    ) -> Duration? {
        let levels = source.family == .v4 ? Self.levelsOfV4 : Self.levelsOfV6
        var paid: [Key] = []
        for level in levels {
            let key = Self.key(purpose, source, level)
            // Without a bucket of its own, a network is counted by the larger ones.
            guard buckets.hasRoom(for: key, atMilliseconds: now) else { continue }
            if let wait = buckets.spend(key, rate: rate.multiplied(by: level.factor), atMilliseconds: now) {
                for key in paid { buckets.refund(key) }
                return wait
            }
            paid.append(key)
        }
        guard paid.isEmpty else { return nil }
        let level = Self.sharedLevel(source.family)
        let key = Self.key(purpose, source, level)
        return shared.spend(key, rate: rate.multiplied(by: level.factor), atMilliseconds: now)
    }

    /// Returns what the source has spent for nothing.
    package mutating func refund(_ purpose: Purpose, source: IPAddress) {
        for level in source.family == .v4 ? Self.levelsOfV4 : Self.levelsOfV6 {
            buckets.refund(Self.key(purpose, source, level))
        }
    }

    private static func key(_ purpose: Purpose, _ source: IPAddress, _ level: Level) -> Key {
        Key(
            network: source.network(prefixLength: level.prefixLength),
            prefixLength: level.prefixLength,
            purpose: purpose
        )
    }
}
