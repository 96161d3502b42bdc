package import OpenSSLCrypto

/// A 256-bit secret that we hand out once and keep only as its SHA-256.
///
/// Random secrets need no password hash: a slow one is a lever for whoever floods the endpoint (SC-1).
package protocol IssuedSecret: RedactedSecret, Hashable, Sendable {
    /// What the wire form starts with.
    static var prefix: String { get }
    /// The wire form.
    var wireValue: String { get }
    /// The secret with this wire form.
    init(wireValue: String)
}

extension IssuedSecret {
    /// A fresh secret of 256 random bits, in `[A-Za-z0-9_-]` so that no client can encode it wrongly (TK-13).
    package init(random: some RandomSource) {
        self.init(wireValue: Self.prefix + Base64URL.encode(random.bytes(32)))
    }

    /// What the server stores.
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

/// RFC 6749 §10.12: the `state` of our own request to an upstream provider (CO-3).
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

/// RFC 6749 §2.3.1: a client's secret.
package struct ClientSecret: IssuedSecret {
    package static let prefix = "gs_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }

    /// Whether this secret is the one whose hash is stored; the comparison takes the same time for every input (D-43).
    package func matches(_ stored: SHA256Digest) -> Bool {
        constantTimeEqual(hash.bytes, stored.bytes)
    }
}
