internal import COpenSSL

/// The bytes of a key, overwritten before their memory is released.
///
/// An array would leave copies where it grew or was shared; this buffer is allocated once and never moves.
@safe
package final class SecretBytes: Sendable {
    // SAFETY: written only in `init`, before the object is shared, and freed in `deinit`, after the last reference is
    // gone.
    nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt8>

    /// Copies the bytes; the caller's array stays as it is.
    package init(_ bytes: [UInt8]) {
        unsafe buffer = .allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        unsafe buffer.deallocate()
    }

    /// Passes the bytes to `body`; they must not be used afterwards.
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(buffer))
    }
}
