extension Configuration {
    /// How a proxy may ask about its clients' tokens (nginx `auth_request` and its kin).
    package struct ForwardAuthentication: Hashable, Sendable {
        /// What the proxy sends in `X-Gatehouse-Proxy-Secret`.
        ///
        /// Without one, the server answers with identities only, and only on the management listener.
        package var secret: SecretReference?

        /// Whether the secret may be short enough to be guessed.
        package var allowsShortSecret = false

        /// No secret.
        package init() {}
    }
}

extension Configuration.ForwardAuthentication {
    static let keys = KeySection(Self()) {
        Key(
            credential: "secret",
            \.secret,
            unless: \.allowsShortSecret,
            default: "none: identities only, on the management listener only",
            "What a proxy sends in `X-Gatehouse-Proxy-Secret`."
        )
        Key.shortSecret(\.allowsShortSecret)
    }
}
