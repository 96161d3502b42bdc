import Foundations
package import OAuthState

/// This node's part of the configured rates: each node counts for itself, and allows its share.
///
/// Without it, two nodes behind a proxy would allow a guesser twice what the operator configured.
package struct NodeShare: Sendable {
    private let upkeep: (any StoreUpkeep)?

    /// The whole rate, of the only node.
    package static let whole = NodeShare(upkeep: nil)

    /// The share among the nodes that use these stores.
    package init(_ upkeep: any StoreUpkeep) {
        self.init(upkeep: upkeep)
    }

    private init(upkeep: (any StoreUpkeep)?) {
        self.upkeep = upkeep
    }

    /// The part of a rate that this node may allow now.
    func of(_ rate: TokenBucket.Rate) -> TokenBucket.Rate {
        guard let upkeep else { return rate }
        return rate.divided(by: upkeep.nodeCount)
    }
}
