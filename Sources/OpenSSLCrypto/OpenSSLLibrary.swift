internal import COpenSSL

/// The state of OpenSSL that the whole process shares.
package enum OpenSSLLibrary {
    /// Keeps OpenSSL from cleaning up when the process ends.
    ///
    /// A program calls this before any other use of OpenSSL. The library's clean-up at `exit` releases its locks and
    /// tables while other threads still sign or make keys, and these then crash.
    package static func stayUntilTheEnd() {
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
