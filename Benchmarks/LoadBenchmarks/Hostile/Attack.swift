import BenchmarkSupport

/// One kind of hostile load.
protocol Attack: AnyObject {
    /// How many hostile actions there are in a second.
    var actionsPerSecond: Double { get }

    /// Opens what is held throughout a turn; nothing is measured during that.
    func prepare(_ crowd: Crowd)

    /// One hostile action.
    func act(_ crowd: Crowd)

    /// The request that follows an answer on the same connection; `nil` when there is none.
    func next(after answer: Answer) -> [UInt8]?
}

extension Attack {
    func prepare(_ crowd: Crowd) {}
    func next(after answer: Answer) -> [UInt8]? { nil }
}

/// Requests at a fixed rate, on connections that stay open while the server keeps them open.
final class RequestFlood: Attack {
    let actionsPerSecond: Double
    private let connectionCount: Int
    private let request: (Int) -> [UInt8]
    private let follow: (Answer) -> [UInt8]?
    private var number = 0

    /// A flood.
    ///
    /// - Parameters:
    ///   - actionsPerSecond: Requests in a second; those for which there is no free connection are left out.
    ///   - connectionCount: The most connections.
    ///   - follow: Makes the request that follows an answer.
    ///   - request: Makes the request with a number.
    init(
        _ actionsPerSecond: Double,
        connectionCount: Int = 64,
        follow: @escaping (Answer) -> [UInt8]? = { _ in nil },
        _ request: @escaping (Int) -> [UInt8]
    ) {
        self.actionsPerSecond = actionsPerSecond
        self.connectionCount = connectionCount
        self.request = request
        self.follow = follow
    }

    func act(_ crowd: Crowd) {
        guard let wire = crowd.idleWire(connectionCount) else { return }
        number += 1
        crowd.send(request(number)[...], on: wire)
    }

    func next(after answer: Answer) -> [UInt8]? { follow(answer) }
}

/// Connections that each hold something incomplete, opened again when the server ends them.
final class HeldConnections: Attack {
    let actionsPerSecond: Double
    private let connectionCount: Int
    private let preparedCount: Int
    private let beginning: (Int) -> [UInt8]
    private let drop: [UInt8]
    private var number = 0

    /// An attack that holds connections.
    ///
    /// - Parameters:
    ///   - actionsPerSecond: In a second, how many connections are opened or sent on.
    ///   - connectionCount: How many are held.
    ///   - preparedCount: How many of them are opened before the turn.
    ///   - drop: What is sent at a time on a connection that is open.
    ///   - beginning: What the connection with a number begins with.
    init(
        _ actionsPerSecond: Double,
        connectionCount: Int,
        preparedCount: Int,
        drop: String,
        _ beginning: @escaping (Int) -> [UInt8]
    ) {
        self.actionsPerSecond = actionsPerSecond
        self.connectionCount = connectionCount
        self.preparedCount = preparedCount
        self.beginning = beginning
        self.drop = Array(drop.utf8)
    }

    func prepare(_ crowd: Crowd) {
        let end = MonotonicClock.now + 20_000_000_000
        while crowd.count < preparedCount, MonotonicClock.now < end {
            for _ in 0..<32 { open(crowd) }
            crowd.receive(for: self)
        }
    }

    func act(_ crowd: Crowd) {
        guard crowd.count >= connectionCount else { return open(crowd) }
        guard let wire = crowd.nextHeld() else { return }
        crowd.send(wire.unsent.isEmpty ? drop[...] : wire.unsent, on: wire)
    }

    private func open(_ crowd: Crowd) {
        guard let wire = crowd.open() else { return }
        number += 1
        crowd.send(beginning(number)[...], on: wire)
        crowd.hold(wire)
    }
}
