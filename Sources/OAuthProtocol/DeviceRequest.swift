package import OpenSSLCrypto

/// RFC 8628 §3.3: what makes an authorization request a device's: its answer goes to the device's next poll, and to no
/// redirect URI.
package struct DeviceRequest: Hashable, Sendable {
    /// Hash of the code that the device polls with.
    package let deviceCode: SHA256Digest
    /// The code that the user entered; the page shows it.
    package let userCode: String

    /// The request behind both codes.
    package init(deviceCode: SHA256Digest, userCode: String) {
        self.deviceCode = deviceCode
        self.userCode = userCode
    }
}
