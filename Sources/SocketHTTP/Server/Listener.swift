import CLinux
import Glibc

/// A listening socket on one loop; each loop has its own, and the kernel spreads connections over them.
final class Listener: EventSource {
    private let descriptor: CInt
    private unowned let service: ServerShard
    private let tls: TLSContextSource?
    /// Whether it is a Unix socket, whose peers are users of this machine.
    private let isLocal: Bool
    private var token: UInt64?
    /// A spare descriptor, so that a client can be turned away when no others are left.
    private var reserve: CInt

    /// Most connections that are accepted at once.
    private static let batchCountMax = 64
    /// Most batches at the end.
    private static let lastBatchCountMax = Int(ListeningSocket.backlog) / batchCountMax + 1

    init(descriptor: CInt, service: ServerShard, tls: TLSContextSource?, isLocal: Bool = false) {
        self.descriptor = descriptor
        self.service = service
        self.tls = tls
        self.isLocal = isLocal
        reserve = Listener.openReserve()
    }

    deinit {
        if reserve >= 0 { close(reserve) }
    }

    func start() -> Bool {
        // Level-triggered: connections left in the queue after one batch are reported again.
        token = service.loop.register(self, descriptor: descriptor, events: .readable)
        return token != nil
    }

    /// Accepts what the kernel has already accepted, because closing would reset it, and closes.
    ///
    /// No more than the kernel's queue can hold: while clients come faster than they are accepted, the queue is never
    /// empty, and a stop that waited for that would not end.
    ///
    /// Shut down first: a child process that was forked and has not called `exec` yet holds a copy of the descriptor,
    /// and the kernel would continue to accept for that copy.
    func stop() {
        guard let token else { return }
        Self.acceptLast { acceptSome() }
        shutdown(descriptor, CInt(SHUT_RDWR))
        service.loop.unregister(token)
        self.token = nil
        close(descriptor)
    }

    /// Accepts batches until one finds nothing, but no more than the kernel's queue has.
    ///
    /// - Returns: How many batches found something.
    @discardableResult
    static func acceptLast(_ acceptSome: () -> Bool) -> Int {
        var count = 0
        while count < lastBatchCountMax, acceptSome() { count += 1 }
        return count
    }

    func handle(_ events: PollEvents) {
        _ = acceptSome()
    }

    /// Accepts one batch, so that many simultaneous clients do not monopolize the loop; returns whether there may be
    /// more.
    private func acceptSome() -> Bool {
        for _ in 0..<Self.batchCountMax {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let flags = CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let accepted = unsafe gatehouse_accept4(descriptor, &storage, &length, flags)
            guard accepted >= 0 else {
                switch errno {
                case EINTR, ECONNABORTED, EPROTO: continue
                case EMFILE, ENFILE, ENOMEM, ENOBUFS: shed()
                default: break
                }
                return false
            }
            guard let peer = peer(accepted, storage) else {
                close(accepted)
                continue
            }
            service.accept(accepted, peer: peer, tls: tls)
        }
        return true
    }

    private func peer(_ accepted: CInt, _ storage: sockaddr_storage) -> ConnectedPeer? {
        guard isLocal else { return SocketAddress(storage).map { ConnectedPeer(ip: $0.ip) } }
        return PeerUser.of(accepted).map { ConnectedPeer(ip: .loopback, user: $0) }
    }

    func deadlineReached(_ scheduled: UInt64) {
        guard let token else { return }
        service.loop.modify(token, events: .readable)
    }

    /// Out of descriptors: turns one client away with the spare one.
    ///
    /// Otherwise epoll would report the queue forever.
    private func shed() {
        if reserve >= 0 {
            close(reserve)
            let accepted = gatehouse_accept4(descriptor, nil, nil, CInt(SOCK_NONBLOCK.rawValue))
            if accepted >= 0 {
                service.counters.accepted.add(1)
                service.refuse(accepted, isTLS: tls != nil)
            }
            reserve = Listener.openReserve()
            return
        }
        reserve = Listener.openReserve()
        guard reserve < 0, let token else { return }
        service.loop.modify(token, events: [])
        service.loop.scheduleDeadline(service.loop.now + 100_000_000, for: token)
    }

    private static func openReserve() -> CInt {
        unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
