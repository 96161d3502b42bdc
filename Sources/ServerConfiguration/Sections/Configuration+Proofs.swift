extension Configuration {
    /// What is asked of DPoP proofs (RFC 9449).
    package struct Proofs: Hashable, Sendable {
        /// Whether a proof needs a recent nonce of this server, so that it cannot have been made in advance.
        package var needNonce = false

        /// No nonces.
        package init() {}
    }
}

extension Configuration.Proofs {
    static let keys = KeySection(Self()) {
        Key(
            "nonce",
            \.needNonce,
            .flag,
            """
            Whether a proof needs a nonce of this server, which the answer `use_dpop_nonce` brings: proofs that somebody \
            made in advance with a borrowed key are then refused. Each client sends its first request twice.
            """
        )
    }
}
