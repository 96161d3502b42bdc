package import Foundations
package import OpenSSLCrypto

/// A 256-bit secret that is issued once and stored only as its SHA-256.
///
/// Random secrets need no password hash, and a slow hash would let attackers overload the endpoint (SC-1).
package protocol IssuedSecret: Redacted, Hashable, Sendable {
    /// The prefix of the wire form.
    static var prefix: String { get }
    /// The wire form.
    var wireValue: String { get }
    /// The secret with this wire form.
    init(wireValue: String)
}

extension IssuedSecret {
    /// A new secret of 256 random bits, in `[A-Za-z0-9_-]` so that no client can encode it wrongly (TK-13).
    package init(random: some RandomSource) {
        self.init(wireValue: Self.prefix + Base64URL.encode(random.bytes(32)))
    }

    /// The stored hash.
    package var hash: SHA256Digest {
        SHA256.hash(wireValue)
    }
}

/// RFC 6749 §4.1.2: an authorization code.
///
/// 256 bits, stored as a hash, single use (AZ-16).
package struct AuthorizationCode: IssuedSecret {
    package static let prefix = "gc_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }
}

/// RFC 8628 §3.2: the code that a device polls with.
package struct DeviceCode: IssuedSecret {
    package static let prefix = "gd_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }
}

/// RFC 6749 §10.12: the `state` of a request to an upstream provider (CO-3).
package struct UpstreamState: IssuedSecret {
    package static let prefix = ""
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }
}

/// The cookie value that binds a flow to the browser that approved it (CO-3, D-51).
package struct BrowserBinding: IssuedSecret {
    package static let prefix = ""
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }
}

/// RFC 7592 §3: the token with which a client manages its registration.
package struct RegistrationAccessToken: IssuedSecret {
    package static let prefix = "gm_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }

    /// Whether this token has the stored hash; the comparison takes the same time for every input (D-43).
    package func matches(_ stored: SHA256Digest) -> Bool {
        constantTimeEqual(hash.bytes, stored.bytes)
    }
}

/// RFC 6749 §2.3.1: a client's secret.
package struct ClientSecret: IssuedSecret {
    package static let prefix = "gs_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }

    /// Whether this secret has the stored hash; the comparison takes the same time for every input (D-43).
    package func matches(_ stored: SHA256Digest) -> Bool {
        constantTimeEqual(hash.bytes, stored.bytes)
    }
}
