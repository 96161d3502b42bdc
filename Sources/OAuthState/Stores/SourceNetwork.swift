/// The network that a request came from, as far as stores need to know it: to share a bounded table fairly.
///
/// A digest of the network's address, so that no store and no backup contains the address itself.
package struct SourceNetwork: Hashable, Sendable {
    /// A number that networks do not share, except by an accident of one in 2^64.
    package let number: UInt64

    /// The network with this number.
    package init(number: UInt64) {
        self.number = number
    }

    /// What no network caused, or what was stored before networks were.
    package static let unknown = SourceNetwork(number: 0)
}

/// How much of a bounded table each network has.
///
/// While the table is less than half full, everyone is admitted. From then on a network may have at most a 64th of what
/// is still free: a network that fills the table is refused long before the others notice, and many networks together
/// leave room too, because the allowance shrinks with what they leave.
struct SourceShares: Sendable {
    private var shares: [SourceNetwork: Int] = [:]

    /// Every network may have as many, however full the table is.
    private static let guaranteed = 2

    /// Whether a network may have another entry of a table that has `count` of at most `countMax`.
    func admits(_ source: SourceNetwork, count: Int, countMax: Int) -> Bool {
        guard count < countMax else { return false }
        guard count >= countMax / 2 else { return true }
        return shares[source, default: 0] < max(Self.guaranteed, (countMax - count) / 64)
    }

    mutating func add(_ source: SourceNetwork, _ count: Int = 1) {
        shares[source, default: 0] += count
    }

    mutating func remove(_ source: SourceNetwork, _ count: Int = 1) {
        let rest = shares[source, default: 0] - count
        shares[source] = rest > 0 ? rest : nil
    }
}
