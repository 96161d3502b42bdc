import Glibc
import SocketHTTP

/// Sends bytes that no HTTP client would send, and reads what comes until the server closes.
enum RawExchange {
    struct Failure: Error {
        let operation: String
        let code: CInt
    }

    /// The answer to some bytes; the request has to make the server close, or reading ends after a minute.
    static func run(_ text: String, at address: SocketAddress) throws -> String {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        try connect(descriptor, address)
        try send(Array(text.utf8), descriptor)
        return try receiveAll(descriptor)
    }

    private static func connect(_ descriptor: CInt, _ address: SocketAddress) throws {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        unsafe withUnsafeMutableBytes(of: &name.sin_addr) { unsafe $0.copyBytes(from: address.ip.bytes) }
        let result = unsafe withUnsafePointer(to: name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(operation: "connect", code: errno) }
    }

    private static func send(_ bytes: [UInt8], _ descriptor: CInt) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            // A server that refuses the beginning need not read the rest.
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func receiveAll(_ descriptor: CInt) throws -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 || (count < 0 && errno == ECONNRESET) { return String(decoding: all, as: UTF8.self) }
            guard count > 0 else { throw Failure(operation: "recv", code: errno) }
            all += buffer[..<count]
        }
    }
}
