package import SocketHTTP

extension Configuration {
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
}

extension Configuration.Listener {
    static let keys = KeySection(Self(address: SocketAddress(ip: .loopback, port: 0))) {
        Key(
            "address",
            \.address,
            .listenAddress,
            isRequired: true,
            "The address to bind; port 0 picks a free one."
        )
        Key(
            "tls",
            \.tls,
            .section(Configuration.TLSFiles.keys),
            default: "plain HTTP",
            "The TLS identity of this address; SIGHUP reads its files again."
        )
    }
}

extension Configuration.TLSFiles {
    static let keys = KeySection(Self(certificateFile: "", privateKeyFile: "")) {
        Key(
            "certificate_file",
            \.certificateFile,
            .file(holding: .tlsIdentity),
            isRequired: true,
            "The PEM certificate chain, leaf first."
        )
        Key(
            "private_key_file",
            \.privateKeyFile,
            .file(holding: .tlsIdentity),
            isRequired: true,
            "The PEM private key."
        )
    }
}
