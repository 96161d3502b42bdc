internal import COpenSSL

/// OpenSSL as a whole, which is one for the process.
package enum OpenSSLLibrary {
    /// Leaves the library as it is when the process ends.
    ///
    /// Called before any other use of it, by whoever has a process of his own: the library's own clean-up at `exit` takes
    /// its locks and tables away while other threads still sign or make keys, which then crash.
    package static func stayUntilTheEnd() {
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
