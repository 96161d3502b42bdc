package import SocketHTTP

extension Configuration {
    /// The listener of health, metrics and administration.
    package struct Management: Hashable, Sendable {
        /// The address to bind; loopback unless configured.
        package var address = SocketAddress(ip: .loopback, port: 9090)

        /// Whether the operator chose the address; a default that is taken need not stop the start.
        package var isAddressConfigured = false

        /// The bearer token of `/admin/…`; without one those paths are closed.
        package var adminToken: SecretReference?

        /// Makes the default: loopback, no administration.
        package init() {}
    }
}

extension Configuration.Management {
    static let keys = KeySection(Self()) {
        Key("address", \.address, .listenAddress, "The address of health, metrics and administration.")
        Key(
            "admin_token",
            \.adminToken,
            .secret(),
            "The bearer token of `/admin/…`; without one those paths are closed."
        )
    } finish: { section, management, _ in
        management.isAddressConfigured = section["address"] != nil
    }
}
