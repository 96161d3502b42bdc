import Synchronization

/// Counts the open connections of a server on all its loops, in total and per network, so that neither the world nor one
/// client alone can take them all.
final class Occupancy: Sendable {
    /// Whether a connection may come in.
    enum Admission: Sendable {
        case admitted
        /// As many connections are open as the server takes.
        case full
        /// As many connections are open as one network may have.
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

    /// Counts a connection in, if it may come.
    ///
    /// Loops that ask at the same moment may let in one connection more each.
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

    /// Counts out a connection that came in.
    func leave(_ peer: IPAddress) {
        connections.subtract(1, ordering: .relaxed)
        guard !isUnbounded(peer) else { return }
        byNetwork.withLock { networks in
            guard let present = networks[peer.network] else { return }
            networks[peer.network] = present > 1 ? present - 1 : nil
        }
    }
}
