import COpenSSL

/// A certificate with its key, ready for handshakes: OpenSSL's `SSL_CTX` for a server.
// SAFETY: the pointer is set once; OpenSSL counts references to an SSL_CTX and locks it where sessions share it.
@safe final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer

    /// Reads the files and checks that the key belongs to the certificate.
    init(_ configuration: TLSConfiguration) throws(TLSError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw TLSError("SSL_CTX_new") }
        unsafe self.context = unsafe context
        // RFC 8996: TLS 1.0 and 1.1 are deprecated.
        guard unsafe gatehouse_SSL_CTX_set_min_version(context) == 1 else { throw TLSError("minimum version") }
        // RFC 9325 §4.1: forward secrecy and authenticated encryption only; those of TLS 1.3 have both.
        guard unsafe gatehouse_SSL_CTX_prepare_for_server(context) == 1 else { throw TLSError("cipher suites") }
        let certificate = configuration.certificateFile
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw TLSError("certificate \(certificate)")
        }
        // An encrypted key must fail; OpenSSL would ask a terminal for its passphrase.
        unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
        let key = configuration.privateKeyFile
        guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw TLSError("private key \(key)")
        }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw TLSError("private key \(key) and certificate \(certificate)")
        }
        unsafe SSL_CTX_set_alpn_select_cb(context, selectProtocol, nil)
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    /// A new session in the server's role; `nil` when memory is exhausted.
    func makeSession() -> TLSSession? {
        unsafe TLSSession(context: context)
    }
}

/// RFC 7301: selects `http/1.1` from the client's list; a client that offers only other protocols is refused.
///
/// Otherwise an attacker could connect a browser to a server of another protocol that has the same certificate.
private let selectProtocol: SSL_CTX_alpn_select_cb_func = { _, selected, selectedLength, offered, offeredLength, _ in
    guard let selected = unsafe selected, let selectedLength = unsafe selectedLength, let offered = unsafe offered
    else {
        return SSL_TLSEXT_ERR_NOACK
    }
    let wanted: StaticString = "http/1.1"
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var index = 0
    while index < list.count {
        let length = unsafe Int(list[index])
        guard index + 1 + length <= list.count else { break }
        let isWanted =
            length == wanted.utf8CodeUnitCount
            && (0..<length).allSatisfy { unsafe list[index + 1 + $0] == wanted.utf8Start[$0] }
        if isWanted {
            unsafe selected.pointee = offered + index + 1
            unsafe selectedLength.pointee = UInt8(length)
            return SSL_TLSEXT_ERR_OK
        }
        index += 1 + length
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
