import BenchmarkSupport
import COpenSSL
import Glibc

/// A client's TLS settings: version 1.3 only, and any certificate is accepted.
// SAFETY (of the pointer): made once, freed with the object, used by one thread.
@safe final class ClientTLS {
    fileprivate let context: OpaquePointer

    init() throws {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw BenchmarkError("no TLS") }
        unsafe self.context = unsafe context
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_3_VERSION), nil)
        // One system call for a record instead of two.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }
}

/// A server's address, and how to connect to it.
struct Endpoint {
    var port: UInt16
    var tls: ClientTLS?
}

/// One connection of a client.
@safe final class Wire {
    let descriptor: Int32
    private let session: OpaquePointer?
    private var received: [UInt8] = []

    /// Connects and performs the handshake; does not block afterwards.
    init(to endpoint: Endpoint) throws {
        descriptor = try Self.connect(endpoint.port)
        guard let tls = endpoint.tls else {
            unsafe session = nil
            Self.stopBlocking(descriptor)
            return
        }
        guard let session = unsafe SSL_new(tls.context) else { throw BenchmarkError("no TLS session") }
        unsafe self.session = unsafe session
        guard unsafe SSL_set_fd(session, descriptor) == 1, unsafe SSL_connect(session) == 1 else {
            throw BenchmarkError("a TLS handshake failed")
        }
        Self.stopBlocking(descriptor)
    }

    deinit {
        if let session = unsafe session { unsafe SSL_free(session) }
        close(descriptor)
    }

    /// Sends a request with one call; a request that the socket takes only in part ends the run.
    func send(_ request: [UInt8]) throws {
        let sent = unsafe request.withUnsafeBytes { bytes in
            if let session = unsafe session {
                return unsafe Int(SSL_write(session, bytes.baseAddress, Int32(bytes.count)))
            }
            return unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { throw BenchmarkError("a request was written only in part") }
    }

    /// The answer, when it has arrived completely; `buffer` is scratch space.
    func receive(into buffer: inout [UInt8]) throws -> Answer? {
        while let count = try read(into: &buffer) {
            // Nearly always one read returns the complete answer, which is then examined in place.
            if received.isEmpty, case .whole(let answer) = try Answer.read(buffer, count) { return answer }
            received.append(contentsOf: buffer[..<count])
            if case .whole(let answer) = try Answer.read(received, received.count) {
                received = []
                return answer
            }
        }
        return nil
    }

    private func read(into buffer: inout [UInt8]) throws -> Int? {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            if let session = unsafe session {
                return unsafe Int(SSL_read(session, bytes.baseAddress, Int32(bytes.count)))
            }
            return unsafe recv(descriptor, bytes.baseAddress, bytes.count, 0)
        }
        if count > 0 { return count }
        let isWaiting =
            if let session = unsafe session {
                unsafe SSL_get_error(session, Int32(count)) == SSL_ERROR_WANT_READ
            } else {
                count < 0 && errno == EAGAIN
            }
        guard isWaiting else { throw BenchmarkError("the server closed a connection") }
        return nil
    }

    private static func stopBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
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
        guard descriptor >= 0, result == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw BenchmarkError("the server on port \(port) cannot be reached")
        }
        return descriptor
    }
}
