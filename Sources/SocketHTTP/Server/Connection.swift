import Glibc
import HTTPTypes
import Logging

/// Who is at the other end of a connection.
struct ConnectedPeer: Sendable {
    /// The address; loopback for a Unix socket.
    let ip: IPAddress
    /// The user of the process that connected to a Unix socket; `nil` on a network.
    var user: UInt32?
}

/// One client's connection: a task on its loop that reads requests, passes them to the responder and writes responses.
// SAFETY: confined to the loop's thread: the task prefers the loop as its executor, and the loop makes the other calls.
@safe final class Connection: EventSource, @unchecked Sendable {
    /// Why a wait ended.
    enum Wake: Sendable {
        case ready
        case timedOut
        /// The server is shutting down and no byte of a request has arrived.
        case drained
        case aborted
    }

    private enum Direction {
        case reading
        case writing
    }

    let loop: EventLoop
    let service: ServerShard
    let descriptor: CInt
    let peer: ConnectedPeer
    var parser: RequestParser
    var token: UInt64?
    var task: Task<Void, Never>?
    /// What TLS sessions are made from; `nil` for a connection without TLS.
    let tlsSource: TLSContextSource?
    /// The session, from the client's first bytes on.
    var tls: TLSSession?
    /// The stage that the current deadline belongs to.
    var stage = RequestParser.Progress.idle
    /// What the budget is charged for this connection.
    var chargedBytes = 0
    /// Bytes received since the TLS session last yielded any for HTTP.
    var barrenBytes = 0
    /// Whether a read may succeed; epoll reports it once per edge, so it is remembered.
    ///
    /// A new connection may already have its request, which a drain that begins before the first edge must not drop.
    var mayRead = true
    var hasReachedEnd = false
    /// The peer has closed or reset the connection: no further edge will come, so every read must be tried.
    private var isHungUp = false
    private(set) var isAborted = false
    private var waiting: (direction: Direction, continuation: UnsafeContinuation<Wake, Never>)?
    private var deadline = UInt64.max
    /// Whether the connection is idle between two requests, waiting for the first byte of the next.
    var awaitsRequest = false
    private var scheduledDeadline = UInt64.max

    init(descriptor: CInt, peer: ConnectedPeer, tls: TLSContextSource?, service: ServerShard) {
        self.descriptor = descriptor
        tlsSource = tls
        self.peer = peer
        self.service = service
        loop = service.loop
        parser = RequestParser(limits: service.settings.limits)
    }

    // MARK: Called by the loop

    func handle(_ events: PollEvents) {
        if !events.isDisjoint(with: [.halfClosed, .hungUp, .failed]) { isHungUp = true }
        if isHungUp || events.contains(.readable) {
            mayRead = true
            wake(.reading, .ready)
        }
        if !events.isDisjoint(with: [.writable, .hungUp, .failed]) { wake(.writing, .ready) }
    }

    func deadlineReached(_ scheduled: UInt64) {
        // An earlier deadline was set after this one; its own entry in the wheel handles it.
        guard scheduled == scheduledDeadline else { return }
        scheduledDeadline = .max
        if deadline > loop.now {
            scheduleDeadline()
        } else {
            wake(nil, .timedOut)
        }
    }

    /// Ends the connection if it is idle between two requests; otherwise the current response will be its last.
    ///
    /// A request that the kernel has received and the loop has not yet read is still answered: dropping it costs its
    /// client more than refusing it.
    func drain() {
        if awaitsRequest {
            mayRead = true
            wake(.reading, .ready)
        } else if parser.progress == .idle {
            wake(.reading, .drained)
        }
    }

    /// Ends the connection now, whatever it is doing.
    func abort() {
        isAborted = true
        shutdown(descriptor, CInt(SHUT_RDWR))
        task?.cancel()
        wake(nil, .aborted)
    }

    /// Whether the connection's task waits for bytes.
    var isReading: Bool { unsafe waiting?.direction == .reading }

    /// Ends a wait as if its deadline had passed.
    func timeOut() { wake(nil, .timedOut) }

    private func wake(_ direction: Direction?, _ reason: Wake) {
        guard let waiting = unsafe waiting, unsafe direction == nil || waiting.direction == direction else { return }
        unsafe self.waiting = nil
        unsafe waiting.continuation.resume(returning: reason)
    }

    // MARK: Deadlines

    /// Ends waits with `timedOut` after this time from now; with `nil`, never.
    func setDeadline(after timeout: UInt64?) {
        guard let timeout else {
            deadline = .max
            return
        }
        deadline = loop.now &+ timeout
        if deadline < scheduledDeadline { scheduleDeadline() }
    }

    private func scheduleDeadline() {
        guard let token, deadline != .max else { return }
        scheduledDeadline = deadline
        loop.scheduleDeadline(deadline, for: token)
    }

    // MARK: Waiting, in the connection's task

    func waitUntilReadable() async -> Wake {
        if isAborted { return .aborted }
        if mayRead { return .ready }
        return await wait(.reading)
    }

    func waitUntilWritable() async -> Wake {
        if isAborted { return .aborted }
        return await wait(.writing)
    }

    private func wait(_ direction: Direction) async -> Wake {
        // The deadline may have passed while the task was busy; nothing else would then end the wait.
        if deadline <= loop.now { return .timedOut }
        return await unsafe withUnsafeContinuation { continuation in
            unsafe waiting = (direction, continuation)
        }
    }

    // MARK: Bytes

    /// Reads once into the loop's input buffer; `nil` when there is nothing now, 0 at the end.
    func receive() -> Int? {
        switch SystemCalls.receive(descriptor, into: &loop.input) {
        case .bytes(let count):
            // A short read has emptied the socket: the next bytes make a new edge, unless the peer has closed.
            mayRead = count == loop.input.count || isHungUp
            hasReachedEnd = count == 0
            service.counters.bytesReceived.add(count)
            return count
        case .wouldBlock:
            mayRead = false
            return nil
        case .failed:
            hasReachedEnd = true
            return 0
        }
    }

    /// Sends without waiting; returns the number of bytes that the socket took, `nil` when the connection is broken.
    func sendNow(_ bytes: Span<UInt8>) -> Int? {
        switch SystemCalls.send(descriptor, bytes) {
        case .bytes(let count):
            service.counters.bytesSent.add(count)
            return count
        case .wouldBlock:
            return 0
        case .failed:
            return nil
        }
    }

    /// Sends all bytes, waiting for the client to read; `false` when the deadline passes or the connection is broken.
    func sendAll(_ bytes: [UInt8]) async -> Bool {
        var sent = 0
        while let count = sendNow(bytes.span.extracting(sent..<bytes.count)) {
            sent += count
            if sent == bytes.count { return true }
            // The socket reports that it is writable again only after it took nothing.
            guard count > 0 else {
                guard await waitUntilWritable() == .ready else { return false }
                continue
            }
        }
        return false
    }
}
