import BenchmarkSupport
import CLinux
import Glibc

/// One connection of an attacker, which never waits for the server.
final class HostileWire {
    let descriptor: Int32
    /// What an attack that holds connections has not sent yet.
    var unsent: ArraySlice<UInt8> = []
    fileprivate(set) var isOpen = true
    fileprivate var received: [UInt8] = []

    fileprivate init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        if isOpen { close(descriptor) }
    }

    /// Closes the connection at once: it may remain in a queue.
    fileprivate func end() {
        guard isOpen else { return }
        isOpen = false
        close(descriptor)
    }
}

/// The connections of all attackers, from a few addresses of one network, on the thread of the load.
final class Crowd {
    /// How many addresses the attackers have.
    static let sourceCount = 16
    private static let sources = (0..<sourceCount).map { LoopbackAddress(network: 200, $0) }

    private let port: UInt16
    private let epoll = gatehouse_epoll_create()
    private var wires: [Int32: HostileWire] = [:]
    private var idle = Ring<HostileWire>()
    private var held = Ring<HostileWire>()
    private var nextSource = 0
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var events = [gatehouse_epoll_event](repeating: gatehouse_epoll_event(), count: 1024)
    /// The most connections that were open at once.
    private(set) var connectionCountMax = 0
    /// Answers by status.
    private(set) var answerCounts: [Int: Int] = [:]

    init(port: UInt16) {
        self.port = port
    }

    deinit {
        close(epoll)
    }

    /// How many connections are open.
    var count: Int { wires.count }

    /// A new connection from the next address; `nil` while there cannot be one.
    func open() -> HostileWire? {
        let source = Self.sources[nextSource % Self.sources.count]
        nextSource += 1
        guard let descriptor = LoopbackSocket.connectAtOnce(to: port, from: source) else { return nil }
        let wire = HostileWire(descriptor)
        // Whatever arrives is read: the answer, and the end.
        guard gatehouse_epoll_add(epoll, descriptor, 0x1, UInt64(descriptor)) == 0 else { return nil }
        wires[descriptor] = wire
        connectionCountMax = max(connectionCountMax, wires.count)
        return wire
    }

    /// A connection without a request under way, opened if fewer than `countMax` are open.
    func idleWire(_ countMax: Int) -> HostileWire? {
        while let wire = idle.popFirst() {
            if wire.isOpen { return wire }
        }
        return wires.count < countMax ? open() : nil
    }

    /// Keeps a connection for ``nextHeld()``.
    func hold(_ wire: HostileWire) {
        held.append(wire)
    }

    /// The connections that are held, one after the other.
    func nextHeld() -> HostileWire? {
        while let wire = held.popFirst() {
            guard wire.isOpen else { continue }
            held.append(wire)
            return wire
        }
        return nil
    }

    /// Sends bytes, as many as the socket takes.
    func send(_ bytes: ArraySlice<UInt8>, on wire: HostileWire) {
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(wire.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        wire.unsent = bytes.dropFirst(max(0, sent))
    }

    /// Reads what has arrived.
    func receive(for attack: any Attack) {
        let count = unsafe gatehouse_epoll_wait(epoll, &events, Int32(events.count), 0)
        for index in 0..<max(0, Int(count)) {
            guard let wire = wires[Int32(truncatingIfNeeded: events[index].token)] else { continue }
            read(wire, attack)
        }
    }

    /// Closes everything before a turn without an attack.
    func closeAll() {
        for wire in wires.values { wire.end() }
        wires = [:]
        idle = Ring()
        held = Ring()
    }

    private func read(_ wire: HostileWire, _ attack: any Attack) {
        while wire.isOpen {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(wire.descriptor, $0.baseAddress, $0.count, 0)
            }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return end(wire) }
            wire.received += buffer[..<count]
            guard wire.received.count < 1 << 20 else { return end(wire) }
            // What cannot be read as an answer ends the connection, like an attacker who has seen enough.
            guard let reading = try? Answer.read(wire.received, wire.received.count) else { return end(wire) }
            guard case .whole(let answer) = reading else { continue }
            wire.received = []
            answerCounts[answer.status, default: 0] += 1
            if let next = attack.next(after: answer) {
                send(next[...], on: wire)
            } else {
                idle.append(wire)
            }
        }
    }

    private func end(_ wire: HostileWire) {
        wires[wire.descriptor] = nil
        wire.end()
    }
}
