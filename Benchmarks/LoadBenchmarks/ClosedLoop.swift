import Glibc
import Histogram

/// A closed loop: every connection sends its next request when its answer has come.
///
/// One thread, `poll`, no library.
final class ClosedLoop {
    /// One connection with the request that it sends next.
    struct Connection {
        var descriptor: Int32
        var request: [UInt8]
        var received: [UInt8] = []
        var sentAt: ContinuousClock.Instant
        /// What a stateful scenario carries from answer to request, such as a refresh token.
        var state: String
    }

    /// Makes a connection's next request from its last answer.
    typealias Next = (_ connection: inout Connection, _ answer: [UInt8], _ count: Int) throws -> Void

    private var connections: [Connection] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private let next: Next

    init(port: UInt16, states: [String], first: (String) -> [UInt8], next: @escaping Next) throws {
        self.next = next
        for state in states {
            connections.append(
                Connection(
                    descriptor: try Self.connect(port),
                    request: first(state),
                    sentAt: ContinuousClock().now,
                    state: state
                )
            )
        }
    }

    deinit {
        for connection in connections { close(connection.descriptor) }
    }

    /// Runs for some seconds, after a warm-up of a fifth of them.
    ///
    /// - Returns: Answers per second and the latencies in microseconds.
    func run(seconds: Int) throws -> (rate: Double, latencies: Histogram<UInt64>) {
        let clock = ContinuousClock()
        for index in connections.indices { try send(index) }
        _ = try loop(until: clock.now + .milliseconds(seconds * 200), recording: nil)
        var latencies = Histogram<UInt64>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
        let start = clock.now
        let count = try loop(until: start + .seconds(seconds)) { latencies.record($0) }
        return (Double(count) / ((clock.now - start) / .seconds(1)), latencies)
    }

    private func loop(
        until end: ContinuousClock.Instant,
        recording record: ((UInt64) -> Void)?
    ) throws -> Int {
        let clock = ContinuousClock()
        var descriptors = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        var answers = 0
        while clock.now < end {
            let ready = unsafe poll(&descriptors, nfds_t(descriptors.count), 1000)
            guard ready > 0 else { throw BenchmarkError("no answer within a second") }
            for index in descriptors.indices where descriptors[index].revents != 0 {
                guard try receive(index) else { continue }
                answers += 1
                let elapsed = clock.now - connections[index].sentAt
                record?(
                    UInt64(max(0, elapsed.components.attoseconds / 1_000_000_000_000)) + UInt64(
                        elapsed.components.seconds
                    ) * 1_000_000
                )
                try send(index)
            }
        }
        return answers
    }

    private func send(_ index: Int) throws {
        connections[index].sentAt = ContinuousClock().now
        let request = connections[index].request
        let sent = unsafe request.withUnsafeBytes {
            unsafe Glibc.send(connections[index].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { throw BenchmarkError("a request was not taken whole") }
    }

    /// Reads what is there; true when a whole answer has come and the next request stands ready.
    private func receive(_ index: Int) throws -> Bool {
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(connections[index].descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { throw BenchmarkError("the server closed a connection") }
        // Nearly always one read brings the whole answer, which then is looked at where it lies.
        if connections[index].received.isEmpty, try AnswerReader.end(buffer, count) == count {
            try next(&connections[index], buffer, count)
            return true
        }
        connections[index].received.append(contentsOf: buffer[..<count])
        let received = connections[index].received
        guard let end = try AnswerReader.end(received, received.count) else { return false }
        guard end == received.count else { throw BenchmarkError("an answer that nobody asked for") }
        try next(&connections[index], received, end)
        connections[index].received.removeAll(keepingCapacity: true)
        return true
    }

    private static func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchmarkError("the server cannot be reached") }
        return descriptor
    }
}
