package import SocketHTTP

extension Configuration {
    /// How a proxy may ask about its clients' tokens (nginx `auth_request` and its kin).
    package struct ForwardAuthentication: Hashable, Sendable {
        /// What the proxy shows in `X-Gatehouse-Proxy-Secret`; without one, only identities are told, and only on the
        /// management listener.
        package var secret: SecretReference?

        /// No secret.
        package init() {}
    }

    /// One address that clients connect to.
    package struct Listener: Hashable, Sendable {
        /// The address to bind; port 0 picks a free one.
        package var address: SocketAddress

        /// The certificate and key, or `nil` for plain HTTP behind a proxy or on loopback.
        package var tls: TLSFiles?

        /// Makes a listener.
        package init(address: SocketAddress, tls: TLSFiles? = nil) {
            self.address = address
            self.tls = tls
        }
    }

    /// The files of one TLS identity; the host reads them again on SIGHUP.
    package struct TLSFiles: Hashable, Sendable {
        /// The path of the PEM certificate chain, leaf first.
        package var certificateFile: String

        /// The path of the PEM private key.
        package var privateKeyFile: String

        /// Names the two files.
        package init(certificateFile: String, privateKeyFile: String) {
            self.certificateFile = certificateFile
            self.privateKeyFile = privateKeyFile
        }
    }

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

    /// How we connect to upstream providers and metadata documents.
    package struct Outbound: Hashable, Sendable {
        /// The path of a PEM bundle of authorities, added to the system's.
        package var caFile: String?

        /// Makes the default: the system's authorities only.
        package init() {}
    }
}
