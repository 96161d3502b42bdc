package import HTTPTypes

/// Where a server listens and what it allows its clients.
package struct ServerConfiguration: Sendable {
    /// One address to listen on.
    package struct Listener: Sendable {
        /// The address; port 0 takes a free port.
        package var address: SocketAddress
        /// Set to speak TLS on this address.
        package var tls: TLSConfiguration?
        /// Holds the address's port until the server has bound it; `nil` when no caller must know the port before the
        /// start.
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
    /// The path of a Unix socket to listen on as well, at most 107 bytes.
    ///
    /// Its file has mode 0600; a request that arrives there names the user who connected (``Request/peerUser``). The
    /// file of a server that has ended is replaced, and removed when this one stops.
    package var unixSocket: String?
    /// The bounds of one request.
    package var limits = RequestLimits()
    /// The memory for incomplete and unanswered requests; servers of one process share one.
    ///
    /// At its bound the stalled requests that hold most are answered 408, and further ones 503.
    package var requestBudget = RequestBudget()
    /// The most connections open at once; further ones get 503 and are closed.
    package var connectionsMax = 20_000
    /// The most connections open at once from one network, which is an IPv4 address or an IPv6 /64; further ones get
    /// 503 and are closed.
    ///
    /// `nil` for a quarter of ``connectionsMax``, and at least 64.
    package var connectionsPerNetworkMax: Int?
    /// The peers that are exempt from the bound on one network: connections from this machine, such as a proxy on it.
    package var isUnboundedPeer: @Sendable (IPAddress) -> Bool = { $0.isLoopback }
    /// The most requests on one connection, so that clients spread over the loops again; `nil` for no bound.
    package var requestsPerConnectionMax: Int?
    /// How long a connection may be idle between requests.
    package var idleTimeout: Duration = .seconds(60)
    /// How long a request's header may take from its first byte, and a new connection's first request: 408.
    package var headerTimeout: Duration = .seconds(10)
    /// How long a request's body may take from the end of the header: 408.
    package var bodyTimeout: Duration = .seconds(20)
    /// How long a client may take to read one response.
    package var writeTimeout: Duration = .seconds(20)
    /// How long a TLS handshake may take.
    package var handshakeTimeout: Duration = .seconds(10)
    /// Fields of every answer, those of the engine itself included, such as security policies of the whole host.
    ///
    /// Responders must not set them as well. Values must be printable.
    package var commonFields: HTTPFields = [:]
    /// The number of event loops; `nil` for one per core.
    package var eventLoopCount: Int?

    /// Makes a configuration with the default bounds.
    package init(listeners: [Listener]) {
        self.listeners = listeners
    }
}

/// The certificate and key of a TLS listener.
package struct TLSConfiguration: Hashable, Sendable {
    /// A PEM file with the certificate, followed by the intermediate ones.
    package var certificateFile: String
    /// A PEM file with the private key.
    package var privateKeyFile: String

    /// Names the two files, which are read at start and at every reload.
    package init(certificateFile: String, privateKeyFile: String) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
    }

    /// Reads the files as a start does, to check them.
    ///
    /// - Throws: The error that a start would report: no certificate, no key, an encrypted key, or a key of another
    ///   certificate.
    package func check() throws(TLSError) {
        _ = try TLSContext(self)
    }
}
