import BenchmarkSupport
import Glibc

/// Connections that have had one answer and are now idle.
final class IdleCrowd {
    private var wires: [Wire] = []

    /// Opens them, a few at a time, each with one request and its answer.
    init(_ count: Int, at endpoint: Endpoint, path: String) throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let request = RequestText.get(path)
        for _ in 0..<count {
            let wire = try Wire(to: endpoint)
            try wire.send(request)
            wires.append(wire)
            if wires.count % 64 == 0 || wires.count == count {
                for wire in wires.suffix((wires.count - 1) % 64 + 1) { try Self.await(wire, &buffer).require(200) }
            }
        }
    }

    /// Checks that all of them are still open: closed connections would prove nothing.
    func check() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for wire in wires where try wire.receive(into: &buffer) != nil {
            throw BenchmarkError("an idle connection was answered")
        }
    }

    private static func await(_ wire: Wire, _ buffer: inout [UInt8]) throws -> Answer {
        for _ in 0..<200 {
            if let answer = try wire.receive(into: &buffer) { return answer }
            var descriptor = pollfd(fd: wire.descriptor, events: Int16(POLLIN), revents: 0)
            unsafe poll(&descriptor, 1, 100)
        }
        throw BenchmarkError("no answer within 20 seconds")
    }
}
