import Glibc
import HTTPTypes
import Logging

/// One server's share of an event loop: its listeners, its connections and its counters.
// SAFETY: `connections`, `listeners`, `date` and the draining state are touched on the loop's thread only.
final class ServerShard: @unchecked Sendable {
    /// The configuration in the units that the loop counts in.
    struct Settings: Sendable {
        let limits: RequestLimits
        let requestsPerConnectionMax: Int
        let idleTimeout: UInt64
        let headerTimeout: UInt64
        let bodyTimeout: UInt64
        let writeTimeout: UInt64
        let handshakeTimeout: UInt64
        /// The common fields as bytes.
        let commonLines: [UInt8]

        init(_ configuration: ServerConfiguration) {
            limits = configuration.limits
            requestsPerConnectionMax = configuration.requestsPerConnectionMax ?? .max
            idleTimeout = configuration.idleTimeout.nanoseconds
            headerTimeout = configuration.headerTimeout.nanoseconds
            bodyTimeout = configuration.bodyTimeout.nanoseconds
            writeTimeout = configuration.writeTimeout.nanoseconds
            handshakeTimeout = configuration.handshakeTimeout.nanoseconds
            commonLines = ResponseSerializer.lines(of: configuration.commonFields)
        }
    }

    let loop: EventLoop
    let settings: Settings
    let responder: any RequestResponder
    let logger: Logger
    let counters = LoopCounters()
    let occupancy: Occupancy
    let budget: RequestBudget
    private let unixTime: @Sendable () -> Int64
    private var date: DateField
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: Connection] = [:]
    private(set) var isDraining = false
    private var drained: [CheckedContinuation<Void, Never>] = []

    init(
        loop: EventLoop,
        settings: Settings,
        responder: any RequestResponder,
        occupancy: Occupancy,
        budget: RequestBudget,
        logger: Logger,
        unixTime: @escaping @Sendable () -> Int64
    ) {
        self.loop = loop
        self.settings = settings
        date = DateField(followedBy: settings.commonLines)
        self.responder = responder
        self.occupancy = occupancy
        self.budget = budget
        self.logger = logger
        self.unixTime = unixTime
    }

    /// The lines that every answer has: the `Date` of this second, and the common fields.
    func commonLines() -> [UInt8] {
        date.line(at: unixTime())
    }

    /// Starts accepting on a bound socket; called on the loop's thread.
    func listen(on descriptor: CInt, tls: TLSContextSource?, isLocal: Bool = false) {
        let listener = Listener(descriptor: descriptor, service: self, tls: tls, isLocal: isLocal)
        guard !isDraining, listener.start() else {
            close(descriptor)
            return
        }
        listeners.append(listener)
    }

    /// Starts the task of an accepted connection, or turns it away at a bound.
    func accept(_ descriptor: CInt, peer: ConnectedPeer, tls: TLSContextSource?) {
        counters.accepted.add(1)
        switch occupancy.enter(peer.ip) {
        case .admitted: break
        case .networkFull:
            counters.refusedByNetwork.add(1)
            refuse(descriptor, isTLS: tls != nil)
            return
        case .full:
            refuse(descriptor, isTLS: tls != nil)
            return
        }
        guard start(descriptor, peer: peer, tls: tls) else {
            occupancy.leave(peer.ip)
            close(descriptor)
            return
        }
    }

    private func start(_ descriptor: CInt, peer: ConnectedPeer, tls: TLSContextSource?) -> Bool {
        SystemCalls.setOption(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY)
        let connection = Connection(descriptor: descriptor, peer: peer, tls: tls, service: self)
        let events: PollEvents = [.readable, .writable, .halfClosed, .edgeTriggered]
        guard let token = loop.register(connection, descriptor: descriptor, events: events) else { return false }
        connection.token = token
        connections[ObjectIdentifier(connection)] = connection
        // Not a child task: the connection lives until its client or the drain ends it, and `drain` waits for it.
        connection.task = Task(executorPreference: loop) { await connection.run() }
        return true
    }

    /// Counts a connection that was turned away, and tells clients that can read a plain-text answer.
    func refuse(_ descriptor: CInt, isTLS: Bool) {
        counters.refused.add(1)
        if !isTLS {
            var output: [UInt8] = []
            ResponseSerializer.append(ServerShard.overloaded, to: &output, common: commonLines(), closes: true)
            _ = SystemCalls.send(descriptor, output.span)
            // Unread bytes would turn the close into a reset, which can overtake the answer.
            _ = SystemCalls.receive(descriptor, into: &loop.input)
            shutdown(descriptor, CInt(SHUT_WR))
        }
        close(descriptor)
    }

    private static let overloaded = Response(
        status: .serviceUnavailable,
        headerFields: [.contentType: "application/json", .retryAfter: "1", .cacheControl: "no-store"],
        body: Array(#"{"error":"temporarily_unavailable"}"#.utf8)
    )

    /// Removes a connection whose task has ended.
    func remove(_ connection: Connection) {
        if let token = connection.token { loop.unregister(token) }
        close(connection.descriptor)
        budget.giveBack(connection.chargedBytes)
        connections[ObjectIdentifier(connection)] = nil
        occupancy.leave(connection.peer.ip)
        if isDraining, connections.isEmpty { finishDraining() }
    }

    // MARK: Budget

    /// Charges the budget for a connection; at its bound, connections of this loop that wait for the rest of a larger
    /// request are ended first.
    func take(_ count: Int, for connection: Connection) -> Bool {
        if budget.take(count) { return true }
        evictStalled(holdingMoreThan: connection.chargedBytes + count, except: connection)
        return budget.take(count)
    }

    /// Ends stalled connections, those that hold most first, until a sixteenth of the budget is free: the next
    /// connections then need no search.
    private func evictStalled(holdingMoreThan bytes: Int, except newcomer: Connection) {
        let stalled = connections.values
            .filter { $0 !== newcomer && $0.chargedBytes >= bytes && $0.isStalled }
            .sorted { $0.chargedBytes > $1.chargedBytes }
        var freed = 0
        for connection in stalled where freed < max(budget.bytesMax / 16, bytes) { freed += connection.evict() }
    }

    // MARK: Draining

    /// Stops accepting, lets requests in progress finish, closes the rest after the grace period; returns when all are
    /// closed.
    func drain(gracePeriod: Duration) async {
        await withCheckedContinuation { continuation in
            loop.submit { [self] in
                drained.append(continuation)
                beginDraining(gracePeriod)
            }
        }
    }

    private func beginDraining(_ gracePeriod: Duration) {
        isDraining = true
        for listener in listeners { listener.stop() }
        listeners = []
        for connection in connections.values { connection.drain() }
        guard !connections.isEmpty else {
            finishDraining()
            return
        }
        loop.schedule(after: gracePeriod) { [self] in
            for connection in connections.values { connection.abort() }
            // A responder that ignores cancellation must not block the shutdown forever.
            loop.schedule(after: .seconds(1)) { [self] in finishDraining() }
        }
    }

    private func finishDraining() {
        for continuation in drained { continuation.resume() }
        drained = []
    }
}
