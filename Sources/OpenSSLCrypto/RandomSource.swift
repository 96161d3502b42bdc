internal import COpenSSL

/// Where random bytes come from.
///
/// It is passed as an argument everywhere, so that a test can seed it.
package protocol RandomSource: Sendable {
    /// `count` bytes; those of a production source are unpredictable.
    func bytes(_ count: Int) -> [UInt8]
}

/// Random bytes from OpenSSL's generator, which the kernel seeds.
package struct SystemRandomSource: RandomSource {
    /// The system's source; it has no state of its own.
    package init() {}

    /// `count` unpredictable bytes.
    ///
    /// Stops the process when no randomness is available, because a guessable token is worse than an outage.
    package func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initializedCount in
            let status = unsafe RAND_bytes(output.baseAddress, Int32(count))
            precondition(status == 1, "OpenSSL cannot provide random bytes")
            initializedCount = count
        }
    }

    /// Mixes fresh randomness of the kernel into OpenSSL's generator.
    ///
    /// For a machine that was resumed, or copied while it ran: its twin would draw the same bytes.
    package func reseed() {
        precondition(RAND_poll() == 1, "OpenSSL cannot provide random bytes")
    }
}
