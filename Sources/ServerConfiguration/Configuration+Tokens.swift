package import OpenSSLCrypto

extension Configuration {
    /// How tokens are signed.
    package struct Signing: Hashable, Sendable {
        /// The algorithm of new keys: ES256, EdDSA or RS256.
        package var algorithm = SignatureAlgorithm.es256

        /// The time after which a new key takes over.
        package var rotationInterval = Duration.seconds(30 * 24 * 3600)

        /// The paths of PEM private keys to use instead of generated ones; the first signs, all are published.
        package var keyFiles: [String] = []

        /// Makes the default: generated ES256 keys.
        package init() {}
    }

    /// How long what we issue lives.
    package struct Tokens: Hashable, Sendable {
        /// The lifetime of an access token.
        package var accessTokenLifetime = Duration.seconds(3600)

        /// How long a refresh token lives unused.
        package var refreshTokenLifetime = Duration.seconds(7 * 24 * 3600)

        /// How long a session lives however much it is used.
        package var sessionLifetime = Duration.seconds(30 * 24 * 3600)

        /// The lifetime of an authorization code.
        package var authorizationCodeLifetime = Duration.seconds(60)

        /// How long the immediately previous refresh token still gets the same successor; zero is strict.
        package var refreshReuseGrace = Duration.seconds(120)

        /// Makes the defaults.
        package init() {}
    }
}
