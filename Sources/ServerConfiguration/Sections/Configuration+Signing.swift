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
}

extension Configuration.Signing {
    static let keys = KeySection(Self()) {
        // PS256 is for checking others' signatures; MCP resource servers do not commonly accept it.
        Key("algorithm", \.algorithm, .choice(among: [.es256, .edDSA, .rs256]), "The algorithm of new keys.")
        Key(
            "rotation_interval",
            \.rotationInterval,
            .duration(.minutes(1) ... .days(365)),
            "The time after which a new key signs."
        )
        Key(
            "key_files",
            \.keyFiles,
            .list(of: .file(holding: .signingKey), "list of paths", isUnique: true),
            default: "generated keys",
            "PEM private keys to use instead of generated ones. The first signs, all are published; SIGHUP reads them again."
        )
    }
}
