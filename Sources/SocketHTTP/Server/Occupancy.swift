import Synchronization

/// Counts a server's open connections on all its loops, in total and per network, so that neither many clients nor a
/// single one can take them all.
///
/// One IPv6 customer has up to 65,536 networks in a /48 (RFC 6177). The /56 and the /48 around a network are counted
/// too: they have 8 and 32 times its share, and never more than half of all connections.
final class Occupancy: Sendable {
    /// Whether a connection is admitted.
    enum Admission: Sendable {
        case admitted
        /// The server's bound on open connections is reached.
        case full
        /// The bound on open connections of one network is reached.
        case networkFull
    }

    private let connections = Atomic<Int>(0)
    private let byNetwork = Mutex<[Network: Int]>([:])
    private let connectionsMax: Int
    private let perNetworkMax: Int
    private let perLargerNetworkMax: Int
    private let isUnbounded: @Sendable (IPAddress) -> Bool

    private struct Network: Hashable {
        let address: IPAddress
        let prefixLength: Int
    }

    init(_ configuration: ServerConfiguration) {
        connectionsMax = configuration.connectionsMax
        perNetworkMax = configuration.connectionsPerNetworkMax ?? max(64, configuration.connectionsMax / 4)
        perLargerNetworkMax = max(perNetworkMax, connectionsMax / 2)
        isUnbounded = configuration.isUnboundedPeer
    }

    /// The networks that count the peer, and how many connections each may have.
    private func shares(of peer: IPAddress) -> [(network: Network, max: Int)] {
        let sizes = peer.family == .v4 ? [(32, 1)] : [(64, 1), (56, 8), (48, 32)]
        return sizes.map { length, factor in
            let network = Network(address: peer.network(prefixLength: length), prefixLength: length)
            return (network, factor == 1 ? perNetworkMax : min(perNetworkMax * factor, perLargerNetworkMax))
        }
    }

    /// The number of connections that are open.
    var count: Int {
        connections.load(ordering: .relaxed)
    }

    /// Counts a connection in, if it is admitted.
    ///
    /// Loops that ask at the same moment may admit one connection more each.
    func enter(_ peer: IPAddress) -> Admission {
        guard count < connectionsMax else { return .full }
        if !isUnbounded(peer) {
            let shares = shares(of: peer)
            let isAdmitted = byNetwork.withLock { networks in
                guard shares.allSatisfy({ networks[$0.network, default: 0] < $0.max }) else { return false }
                for share in shares { networks[share.network, default: 0] += 1 }
                return true
            }
            guard isAdmitted else { return .networkFull }
        }
        connections.add(1, ordering: .relaxed)
        return .admitted
    }

    /// Counts out a connection that was admitted.
    func leave(_ peer: IPAddress) {
        connections.subtract(1, ordering: .relaxed)
        guard !isUnbounded(peer) else { return }
        let shares = shares(of: peer)
        byNetwork.withLock { networks in
            for share in shares {
                guard let present = networks[share.network] else { continue }
                networks[share.network] = present > 1 ? present - 1 : nil
            }
        }
    }
}
