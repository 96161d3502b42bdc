import COpenSSL
import Glibc
import SocketHTTP

/// A TLS client between memory buffers, so that a test decides which bytes travel together.
@safe final class TLSClient {
    private let socket: RawClient
    private let session: OpaquePointer
    private let context: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    struct Failure: Error {}

    /// A client; with `isOld` it speaks TLS 1.2 at most.
    init(_ address: SocketAddress, receiveBufferBytes: CInt? = nil, isOld: Bool = false) throws {
        socket = try RawClient(address, receiveBufferBytes: receiveBufferBytes)
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context),
            let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem())
        else { throw Failure() }
        if isOld { unsafe SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil) }
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_connect_state(session)
        unsafe (self.context, self.session) = unsafe (context, session)
        unsafe (self.incoming, self.outgoing) = unsafe (incoming, outgoing)
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// Sends the first message of a handshake and reads nothing.
    func sayHello() throws {
        _ = unsafe SSL_do_handshake(session)
        try socket.send(pending())
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
        try send(text)
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        let written = bytes.isEmpty ? 0 : unsafe SSL_write(session, bytes, CInt(bytes.count))
        guard written == bytes.count else { throw Failure() }
        try socket.send(pending())
    }

    /// Asks for new keys a few times.
    func updateKeys(count: Int) throws {
        for _ in 0..<count {
            guard unsafe SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) == 1,
                unsafe SSL_do_handshake(session) == 1
            else { throw Failure() }
        }
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

    /// Whether the server has given a ticket with which the session could be resumed.
    var hasTicket: Bool {
        guard let session = unsafe SSL_get_session(session) else { return false }
        return unsafe SSL_SESSION_has_ticket(session) == 1
    }

    /// Asks for new keys until the server has ended the connection; false when it bears the given number of requests.
    func isEndedByKeyUpdates(count: Int) -> Bool {
        do {
            for number in 1...count {
                guard unsafe SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) == 1,
                    unsafe SSL_do_handshake(session) == 1
                else { return false }
                if number.isMultiple(of: 100) { try socket.send(pending()) }
            }
            while try !socket.receive().isEmpty {}
            return true
        } catch {
            // Reset, because more was sent than was read.
            return [ECONNRESET, EPIPE].contains((error as? RawClient.Failure)?.code)
        }
    }

    private func pending() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe BIO_read(outgoing, &buffer, CInt(buffer.count))
        return Array(buffer.prefix(max(Int(count), 0)))
    }
}
