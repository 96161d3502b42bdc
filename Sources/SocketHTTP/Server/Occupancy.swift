import Synchronization

/// Counts a server's open connections on all its loops, in total and per network, so that neither many clients nor a
/// single one can take them all.
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
    private let byNetwork = Mutex<[IPAddress: Int]>([:])
    private let connectionsMax: Int
    private let perNetworkMax: Int
    private let isUnbounded: @Sendable (IPAddress) -> Bool

    init(_ configuration: ServerConfiguration) {
        connectionsMax = configuration.connectionsMax
        perNetworkMax = configuration.connectionsPerNetworkMax ?? max(64, configuration.connectionsMax / 4)
        isUnbounded = configuration.isUnboundedPeer
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
            let isAdmitted = byNetwork.withLock { [perNetworkMax] networks in
                let present = networks[peer.network, default: 0]
                guard present < perNetworkMax else { return false }
                networks[peer.network] = present + 1
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
        byNetwork.withLock { networks in
            guard let present = networks[peer.network] else { return }
            networks[peer.network] = present > 1 ? present - 1 : nil
        }
    }
}
