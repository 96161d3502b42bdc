internal import COpenSSL

/// Key bytes of our own, overwritten before their memory is given back.
///
/// An array would leave copies behind wherever it grew or was shared; this buffer is allocated once and never moves.
@safe
final class SecretBytes: Sendable {
    // SAFETY: written only in `init`, before anyone else has the object, and freed in `deinit`, after everyone.
    nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        unsafe buffer = .allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        unsafe buffer.deallocate()
    }

    /// Lends the bytes for the time of `body`.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(buffer))
    }
}
