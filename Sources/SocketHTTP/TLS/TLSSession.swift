import COpenSSL

/// One connection's TLS state between two memory buffers; it makes no system calls.
///
/// The connection moves the bytes, so TLS shares its non-blocking reads, single writes and deadlines with plain HTTP.
@safe final class TLSSession {
    /// The result of a step.
    enum Step {
        case done
        /// More bytes from the peer are needed.
        case needsInput
        /// The peer has closed the session.
        case closed
        case failed
    }

    private let session: OpaquePointer
    /// Owned by the session: bytes from the peer, and bytes for the peer.
    private let incoming: OpaquePointer
    private var outgoing: OpaquePointer

    init?(context: OpaquePointer) {
        guard let session = unsafe SSL_new(context) else { return nil }
        guard let incoming = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(session)
            return nil
        }
        guard let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            unsafe BIO_free(incoming)
            unsafe SSL_free(session)
            return nil
        }
        // An empty buffer means "later", not "the end".
        unsafe gatehouse_BIO_set_mem_eof_return(incoming, -1)
        unsafe gatehouse_BIO_set_mem_eof_return(outgoing, -1)
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_accept_state(session)
        unsafe self.session = unsafe session
        unsafe self.incoming = unsafe incoming
        unsafe self.outgoing = unsafe outgoing
    }

    deinit {
        unsafe SSL_free(session)
    }

    /// Feeds bytes from the peer.
    func receive(_ bytes: Span<UInt8>) -> Bool {
        let taken = unsafe bytes.withUnsafeBytes { unsafe BIO_write(incoming, $0.baseAddress, CInt($0.count)) }
        return taken == bytes.count
    }

    /// Continues the handshake.
    func handshake() -> Step {
        ERR_clear_error()
        return step(unsafe SSL_do_handshake(session))
    }

    /// Decrypts at most one record into the buffer.
    func read(into buffer: inout [UInt8], count: inout Int) -> Step {
        ERR_clear_error()
        let result = unsafe buffer.withUnsafeMutableBytes { unsafe SSL_read(session, $0.baseAddress, CInt($0.count)) }
        count = max(Int(result), 0)
        return step(result)
    }

    /// Encrypts all of it into the outgoing buffer.
    func write(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0 else { return true }
        ERR_clear_error()
        let result = unsafe bytes.withUnsafeBytes { unsafe SSL_write(session, $0.baseAddress, CInt($0.count)) }
        if result <= 0 { ERR_clear_error() }
        return result == bytes.count
    }

    /// Sends close_notify, so that the peer can distinguish an end from a truncation.
    func close() {
        ERR_clear_error()
        unsafe SSL_shutdown(session)
        ERR_clear_error()
    }

    /// The number of bytes that wait to be sent.
    var outgoingByteCount: Int { unsafe BIO_ctrl_pending(outgoing) }

    /// Passes `body` the bytes to be sent and discards them afterwards.
    func withOutgoing<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        var length = 0
        let bytes = unsafe gatehouse_bio_bytes(outgoing, &length)
        let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
        let result = unsafe raw.withMemoryRebound(to: UInt8.self) { body(unsafe $0.span) }
        if length <= 64 * 1024 {
            unsafe gatehouse_BIO_reset(outgoing)
        } else if let fresh = unsafe BIO_new(BIO_s_mem()) {
            // A reset keeps the memory, so one large response would stay with an idle connection.
            unsafe gatehouse_BIO_set_mem_eof_return(fresh, -1)
            unsafe SSL_set0_wbio(session, fresh)
            unsafe outgoing = unsafe fresh
        } else {
            unsafe gatehouse_BIO_reset(outgoing)
        }
        return result
    }

    private func step(_ result: CInt) -> Step {
        if result > 0 { return .done }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ:
            return .needsInput
        case SSL_ERROR_ZERO_RETURN:
            return .closed
        default:
            ERR_clear_error()
            return .failed
        }
    }
}
