import COpenSSL
import SocketHTTP

/// A TLS client between memory buffers, so that a test decides which bytes travel together.
@safe final class TLSClient {
    private let socket: RawClient
    private let session: OpaquePointer
    private let context: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    struct Failure: Error {}

    init(_ address: SocketAddress) throws {
        socket = try RawClient(address)
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context),
            let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem())
        else { throw Failure() }
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_connect_state(session)
        unsafe (self.context, self.session) = unsafe (context, session)
        unsafe (self.incoming, self.outgoing) = unsafe (incoming, outgoing)
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// Completes the handshake and sends its last message together with the text.
    func handshake(andSend text: String) throws {
        while unsafe SSL_do_handshake(session) != 1 {
            try socket.send(pending())
            let bytes = try socket.receive()
            guard !bytes.isEmpty, unsafe BIO_write(incoming, bytes, CInt(bytes.count)) == bytes.count else {
                throw Failure()
            }
        }
        let bytes = Array(text.utf8)
        guard unsafe SSL_write(session, bytes, CInt(bytes.count)) == bytes.count else { throw Failure() }
        try socket.send(pending())
    }

    /// Everything until the server says goodbye.
    func receiveAll() throws -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe SSL_read(session, &buffer, CInt(buffer.count))
            if count > 0 {
                all += buffer.prefix(Int(count))
                continue
            }
            if unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN {
                return String(decoding: all, as: UTF8.self)
            }
            let bytes = try socket.receive()
            guard !bytes.isEmpty, unsafe BIO_write(incoming, bytes, CInt(bytes.count)) == bytes.count else {
                throw Failure()
            }
        }
    }

    private func pending() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe BIO_read(outgoing, &buffer, CInt(buffer.count))
        return Array(buffer.prefix(max(Int(count), 0)))
    }
}
