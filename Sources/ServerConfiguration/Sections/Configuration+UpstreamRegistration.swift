extension Configuration {
    /// RFC 7591: how we register ourselves at a provider.
    package struct UpstreamRegistration: Hashable, Sendable {
        /// Where; `nil` for the endpoint that the issuer's document names.
        package var endpoint: String?

        /// How the provider's pages call us.
        package var clientName = "Gatehouse"

        /// The provider's permission to register, where it wants one.
        package var initialAccessToken: SecretReference?

        /// A registration where the issuer's document says.
        package init() {}
    }
}

extension Configuration.UpstreamRegistration {
    static let keys = KeySection(Self()) {
        Key(
            "endpoint",
            \.endpoint,
            .endpoint,
            default: "the one that the issuer's document names; required for `oauth2`",
            "Where we register."
        )
        Key("client_name", \.clientName, .text(), "The name that the provider's pages show for us.")
        Key(
            "initial_access_token",
            \.initialAccessToken,
            .secret(),
            "The provider's permission to register, if it requires one."
        )
    }
}
