import BenchmarkSupport
import Glibc

/// An address of this machine's loopback network, 127.0.0.0/8: each is a source of its own for the server's limits.
struct LoopbackAddress: Hashable {
    /// The address as a number, such as 0x7f00_0001.
    let number: UInt32

    /// Address number `index` of the network 127.`second`.0.0/16.
    init(network second: UInt8, _ index: Int) {
        // The last byte is never 0 or 255.
        number = 0x7f00_0000 | UInt32(second) << 16 | UInt32(index / 250 % 250) << 8 | UInt32(index % 250 + 1)
    }
}

/// TCP connections to a port of this machine.
enum LoopbackSocket {
    /// Connects and waits for it.
    static func connect(to port: UInt16, from source: LoopbackAddress?) throws -> Int32 {
        let descriptor = try unconnected(from: source)
        guard connect(descriptor, port) else {
            close(descriptor)
            throw BenchmarkError("the server on port \(port) cannot be reached")
        }
        return descriptor
    }

    /// Connects without waiting; `nil` when that is impossible at this moment.
    ///
    /// A full queue of the listener must not stop the caller, because that would stop its attack.
    static func connectAtOnce(to port: UInt16, from source: LoopbackAddress?) -> Int32? {
        // Descriptors or ports may have run out, which ends the attack's own growth and no more.
        guard let descriptor = try? unconnected(from: source) else { return nil }
        stopBlocking(descriptor)
        guard connect(descriptor, port) || errno == EINPROGRESS else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    static func stopBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static func unconnected(from source: LoopbackAddress?) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError("no more sockets") }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        guard let source else { return descriptor }
        // The port is chosen when the connection is made, so that ports in use with other peers are free.
        unsafe setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, size)
        let result = unsafe withAddress(source.number, 0) { unsafe bind(descriptor, $0, $1) }
        guard result == 0 else {
            close(descriptor)
            throw BenchmarkError("no connection from another loopback address")
        }
        return descriptor
    }

    private static func connect(_ descriptor: Int32, _ port: UInt16) -> Bool {
        unsafe withAddress(0x7f00_0001, port) { unsafe Glibc.connect(descriptor, $0, $1) } == 0
    }

    private static func withAddress(
        _ number: UInt32,
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = number.bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
