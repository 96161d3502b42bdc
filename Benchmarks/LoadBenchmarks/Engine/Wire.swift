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

    /// The first bytes of a handshake, which is never continued.
    func firstFlight() throws -> [UInt8] {
        guard let session = unsafe SSL_new(context) else { throw BenchmarkError("no TLS session") }
        defer { unsafe SSL_free(session) }
        guard let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            throw BenchmarkError("no memory for a handshake")
        }
        unsafe SSL_set_bio(session, incoming, outgoing)
        _ = unsafe SSL_connect(session)
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe BIO_read(outgoing, $0.baseAddress, Int32($0.count)) }
        guard count > 0 else { throw BenchmarkError("a handshake has no first bytes") }
        return Array(bytes.prefix(Int(count)))
    }
}

/// A server's address, and how to connect to it.
struct Endpoint {
    var port: UInt16
    var tls: ClientTLS?
    /// The loopback address to connect from; `nil` for 127.0.0.1.
    var source: LoopbackAddress?
}

/// One connection of a client.
@safe final class Wire {
    let descriptor: Int32
    private let session: OpaquePointer?
    private var received: [UInt8] = []

    /// Connects and performs the handshake; does not block afterwards.
    init(to endpoint: Endpoint) throws {
        descriptor = try LoopbackSocket.connect(to: endpoint.port, from: endpoint.source)
        guard let tls = endpoint.tls else {
            unsafe session = nil
            LoopbackSocket.stopBlocking(descriptor)
            return
        }
        guard let session = unsafe SSL_new(tls.context) else { throw BenchmarkError("no TLS session") }
        unsafe self.session = unsafe session
        guard unsafe SSL_set_fd(session, descriptor) == 1, unsafe SSL_connect(session) == 1 else {
            throw BenchmarkError("a TLS handshake failed")
        }
        LoopbackSocket.stopBlocking(descriptor)
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
}
