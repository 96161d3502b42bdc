/// Where a server listens and how much it lets one client take.
package struct ServerConfiguration: Sendable {
    /// One address to listen on.
    package struct Listener: Sendable {
        /// The address; port 0 takes a free one.
        package var address: SocketAddress
        /// Set to speak TLS on this address.
        package var tls: TLSConfiguration?
        /// Holds the address's port until the server has bound it; `nil` when nobody has to know it before.
        package var reservation: PortReservation?

        /// Makes a listener, plain HTTP unless `tls` is given.
        package init(address: SocketAddress, tls: TLSConfiguration? = nil, reservation: PortReservation? = nil) {
            self.address = address
            self.tls = tls
            self.reservation = reservation
        }
    }

    /// The addresses to listen on.
    package var listeners: [Listener]
    /// The bounds of one request.
    package var limits = RequestLimits()
    /// The most connections open at once; further ones are answered 503 and closed.
    package var connectionsMax = 20_000
    /// The most connections open at once from one network: an IPv4 address or an IPv6 /64; further ones are answered 503 and
    /// closed.
    ///
    /// `nil` for a quarter of ``connectionsMax``, and at least 64.
    package var connectionsPerNetworkMax: Int?
    /// The peers to which the bound on one network does not apply: what comes from this machine, such as a proxy on it.
    package var isUnboundedPeer: @Sendable (IPAddress) -> Bool = { $0.isLoopback }
    /// The most requests on one connection, which spreads clients over the loops anew; `nil` for no bound.
    package var requestsPerConnectionMax: Int?
    /// How long a connection may rest between requests.
    package var idleTimeout: Duration = .seconds(60)
    /// How long a request's header may take from its first byte, and a new connection's first request: 408.
    package var headerTimeout: Duration = .seconds(10)
    /// How long a request's body may take from the end of the header: 408.
    package var bodyTimeout: Duration = .seconds(20)
    /// How long a client may take to read one response.
    package var writeTimeout: Duration = .seconds(20)
    /// How long a TLS handshake may take.
    package var handshakeTimeout: Duration = .seconds(10)
    /// The number of event loops; `nil` for one per core.
    package var eventLoopCount: Int?

    /// Makes a configuration with the default bounds.
    package init(listeners: [Listener]) {
        self.listeners = listeners
    }
}

/// The certificate and key of a TLS listener.
package struct TLSConfiguration: Hashable, Sendable {
    /// A PEM file with the certificate and the intermediate ones behind it.
    package var certificateFile: String
    /// A PEM file with the private key.
    package var privateKeyFile: String

    /// Names the two files; they are read at start and at every reload.
    package init(certificateFile: String, privateKeyFile: String) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
    }

    /// Reads the files as a start does.
    ///
    /// - Throws: What a start would say of them: no certificate, no key, an encrypted one, or one of another certificate.
    package func check() throws(TLSError) {
        _ = try TLSContext(self)
    }
}
