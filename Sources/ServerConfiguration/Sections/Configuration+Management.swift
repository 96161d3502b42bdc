package import SocketHTTP

extension Configuration {
    /// The listener of health, metrics and administration.
    package struct Management: Hashable, Sendable {
        /// The address to bind; loopback unless configured.
        package var address = SocketAddress(ip: .loopback, port: 9090)

        /// Whether the operator chose the address; a default that is taken need not stop the start.
        package var isAddressConfigured = false

        /// The path of a Unix socket for the same requests, which root and the server's own user may send without a
        /// token; `nil` for none.
        package var socket: String?

        /// The bearer token of `/admin/…`; without one those paths are closed.
        package var adminToken: SecretReference?

        /// The names under which clients may ask for this listener, besides IP addresses and `localhost`.
        ///
        /// A page whose name an attacker points at this address (DNS rebinding) has another name.
        package var hosts: [String] = []

        /// The certificate and key, or `nil` for plain HTTP.
        package var tls: TLSFiles?

        /// Whether the administrator's token may travel unencrypted over a network.
        package var allowsPlainHTTP = false

        /// Whether the token may be short enough to be guessed.
        package var allowsShortSecret = false

        /// Makes the default: loopback, no administration.
        package init() {}
    }
}

extension Configuration.Management {
    static let keys = KeySection(Self()) {
        Key("address", \.address, .listenAddress, "The address of health, metrics and administration.")
        Key(
            "socket",
            \.socket,
            .text("absolute path of at most 107 bytes", ConfigurationRules.socketPathObjection),
            """
            A Unix socket for the same requests. Its file has mode 0600; root and the user that the server runs as need \
            no token there, and the audit trail names them `uid:N`.
            """
        )
        Key(
            credential: "admin_token",
            \.adminToken,
            unless: \.allowsShortSecret,
            "The bearer token of `/admin/…`; without one those paths are closed on the network."
        )
        Key(
            "hosts",
            \.hosts,
            .texts("list of host names", ConfigurationRules.domainObjection),
            """
            The names by which health, metrics and administration may be asked for, besides IP addresses and \
            `localhost`; requests with another `Host` are refused, because a web page can point its own name here.
            """
        )
        Key(
            "tls",
            \.tls,
            .section(Configuration.TLSFiles.keys),
            default: "plain HTTP",
            "The TLS identity of the management address; SIGHUP reads its files again."
        )
        Key(
            "allow_plain_http",
            \.allowsPlainHTTP,
            .flag,
            "Whether the administrator's token may be sent unencrypted to an address that is not loopback."
        )
        Key.shortSecret(\.allowsShortSecret)
    } finish: { section, management, _ in
        management.isAddressConfigured = section["address"] != nil
        if management.adminToken != nil, !management.address.ip.isLoopback, management.tls == nil,
            !management.allowsPlainHTTP
        {
            section["address"]?.refuse(
                """
                the administrator's token would cross the network unencrypted; add management.tls, use a loopback \
                address, or accept it with management.allow_plain_http: true
                """
            )
        }
    }
}
