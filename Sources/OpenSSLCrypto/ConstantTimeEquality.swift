internal import COpenSSL

/// Whether two secrets are equal, in a time that does not reveal where they first differ.
///
/// Unequal lengths are unequal at once: the length of what we compare is public.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe CRYPTO_memcmp(a, b, a.count) == 0
}
