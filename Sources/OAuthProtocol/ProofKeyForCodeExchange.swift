import Foundations
package import OpenSSLCrypto

/// RFC 7636: Proof Key for Code Exchange, S256 only.
///
/// Binds the code to the client instance that requested it: a code stolen from a redirect is worthless without the
/// verifier, which never left the client. `plain` is refused, because it sends the verifier along (AZ-7…10, D-12).
package struct CodeChallenge: Hashable, Sendable {
    /// The SHA-256 of the verifier.
    package let digest: SHA256Digest

    /// The challenge with a stored digest.
    package init(digest: SHA256Digest) {
        self.digest = digest
    }

    /// Reads `code_challenge` and `code_challenge_method` of an authorization request.
    ///
    /// - Throws: `invalid_request` when the challenge is absent or empty, the method is not exactly `S256` (its absence
    ///   means `plain`, RFC 7636 §4.3), or the challenge is not 43 base64url characters of 32 bytes.
    package init(challenge: String?, method: String?) throws(OAuthError) {
        guard let challenge else { throw OAuthError(.invalidRequest, "code_challenge is required") }
        guard method == "S256" else { throw OAuthError(.invalidRequest, "code_challenge_method must be S256") }
        guard
            challenge.utf8.count == 43, let bytes = Base64URL.decode(challenge), let digest = SHA256Digest(bytes: bytes)
        else { throw OAuthError(.invalidRequest, "code_challenge must be the base64url SHA-256 of the verifier") }
        self.digest = digest
    }

    /// The challenge of a verifier (RFC 7636 §4.2).
    package init(verifier: CodeVerifier) {
        digest = SHA256.hash(verifier.value)
    }

    /// The value of `code_challenge` on the wire.
    package var text: String {
        Base64URL.encode(digest.bytes)
    }
}

/// RFC 7636 §4.1: the secret that proves possession of a code.
package struct CodeVerifier: Hashable, Sendable, Redacted {
    /// 43 to 128 unreserved characters.
    package let value: String

    /// Accepts `code_verifier` of a token request, or `nil` when its length or alphabet is wrong (TK-4).
    package init?(_ text: String) {
        guard (43...128).contains(text.utf8.count) else { return nil }
        guard text.utf8.allSatisfy(\.isUnreserved) else {
            return nil
        }
        value = text
    }

    /// A new verifier of 256 random bits, used in requests to upstream providers.
    package init(random: some RandomSource) {
        value = Base64URL.encode(random.bytes(32))
    }
}
