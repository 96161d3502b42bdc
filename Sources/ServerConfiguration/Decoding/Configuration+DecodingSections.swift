import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

extension Configuration {
    /// The listeners; without any, a loopback issuer's own address, or plain HTTP on loopback behind a proxy.
    static func listeners(_ list: ConfigurationCursor?, issuer: Issuer) -> [Listener] {
        guard let list else {
            return [Listener(address: defaultAddress(of: issuer))]
        }
        guard let elements = list.elements() else { return [] }
        if elements.isEmpty { list.refuse("must name at least one address") }
        return elements.compactMap { $0.section() }.compactMap { element in
            let tls = element["tls"]?.section().flatMap { TLSFiles(decoding: $0) }
            guard let address = element.required("address")?.listenAddress() else { return nil }
            return Listener(address: address, tls: tls)
        }
    }

    private static func defaultAddress(of issuer: Issuer) -> SocketAddress {
        guard issuer.isLoopback, let uri = URIReference(issuer.text) else {
            return SocketAddress(ip: .loopback, port: 8080)
        }
        let literal = uri.host.flatMap { IPAddress($0.trimmingPrefix("[").filter { $0 != "]" }) }
        return SocketAddress(ip: literal ?? .loopback, port: uri.port ?? 80)
    }
}

extension Configuration.TLSFiles {
    init?(decoding section: ConfigurationCursor) {
        let certificate = section.required("certificate_file")?.string()
        let key = section.required("private_key_file")?.string()
        guard let certificate, let key else { return nil }
        self.init(certificateFile: certificate, privateKeyFile: key)
    }
}

extension Configuration.Management {
    init(decoding section: ConfigurationCursor) {
        self.init()
        if let address = section["address"]?.listenAddress() {
            self.address = address
            isAddressConfigured = true
        }
        adminToken = section["admin_token"]?.secret()
    }
}

extension Configuration.Storage {
    init(decoding section: ConfigurationCursor) {
        self.init()
        directory = section["directory"]?.string()
        encryptionKey = section["encryption_key"]?.secret()
        snapshotInterval = section["snapshot_interval"]?.duration(in: .seconds(1) ... .hours(24)) ?? snapshotInterval
        journal = section["journal"]?.choice() ?? journal
    }
}

extension Configuration.Signing {
    init(decoding section: ConfigurationCursor) {
        self.init()
        // PS256 is for checking others' signatures; MCP resource servers do not commonly accept it.
        algorithm = section["algorithm"]?.choice(among: [SignatureAlgorithm.es256, .edDSA, .rs256]) ?? algorithm
        rotationInterval = section["rotation_interval"]?.duration(in: .minutes(1) ... .days(365)) ?? rotationInterval
        keyFiles = section["key_files"]?.strings() ?? keyFiles
    }
}

extension Configuration.Tokens {
    // The bounds of an access token, a refresh token and a code are fixed: a token that lives longer outlives
    // the reasons for which it was given.
    init(decoding section: ConfigurationCursor) {
        self.init()
        accessTokenLifetime =
            section["access_token_lifetime"]?.duration(in: .minutes(1) ... .hours(24)) ?? accessTokenLifetime
        refreshTokenLifetime =
            section["refresh_token_lifetime"]?.duration(in: .hours(1) ... .days(30)) ?? refreshTokenLifetime
        if refreshTokenLifetime < accessTokenLifetime {
            // A session that ends with its refresh token would take the access token along before its time.
            let cursor = section["refresh_token_lifetime"] ?? section["access_token_lifetime"]
            cursor?.refuse("refresh_token_lifetime must not be shorter than access_token_lifetime")
        }
        sessionLifetime = section["session_lifetime"]?.duration(in: .minutes(1) ... .days(365)) ?? sessionLifetime
        authorizationCodeLifetime =
            section["authorization_code_lifetime"]?.duration(in: .seconds(30) ... .minutes(10))
            ?? authorizationCodeLifetime
        refreshReuseGrace = section["refresh_reuse_grace"]?.duration(in: .zero ... .hours(1)) ?? refreshReuseGrace
    }
}

extension Configuration.Registration {
    init(decoding section: ConfigurationCursor) {
        self.init()
        isDynamic = section["dynamic"]?.bool() ?? isDynamic
        acceptsMetadataDocuments = section["client_id_metadata_documents"]?.bool() ?? acceptsMetadataDocuments
        allowedPrivateUseRedirects =
            section["allowed_private_use_redirects"]?.strings(ConfigurationRules.privateUseRedirectObjection)
            ?? allowedPrivateUseRedirects
        forceConfidentialRedirects =
            section["force_confidential_redirects"]?.strings(ConfigurationRules.confidentialRedirectObjection)
            ?? forceConfidentialRedirects
        initialAccessToken = section["initial_access_token"]?.secret()
        decodeMetadataDocuments(section)
    }

    private mutating func decodeMetadataDocuments(_ section: ConfigurationCursor) {
        metadataDocumentPolicy = section["metadata_document_policy"]?.choice() ?? metadataDocumentPolicy
        metadataDocumentDomains =
            section["metadata_document_domains"]?.strings(ConfigurationRules.domainObjection) ?? metadataDocumentDomains
        metadataDocumentClients =
            section["metadata_document_clients"]?.strings(ConfigurationRules.metadataDocumentObjection)
            ?? metadataDocumentClients
        // CM-2: five kilobytes are recommended; a client with many keys needs more.
        metadataDocumentBytesMax =
            section["metadata_document_bytes"]?.integer(in: 1024...65_536) ?? metadataDocumentBytesMax
        switch metadataDocumentPolicy {
        case .open: break
        case .domains where section["metadata_document_domains"] == nil:
            section.refuse("metadata_document_policy: domains needs metadata_document_domains")
        case .listed where section["metadata_document_clients"] == nil:
            section.refuse("metadata_document_policy: listed needs metadata_document_clients")
        case .domains, .listed: break
        }
    }
}

extension Configuration.Limits {
    init(decoding section: ConfigurationCursor) {
        self.init()
        if let rate = section["registrations_per_source"]?.section() {
            registrationsPerSource = registrationsPerSource.overridden(by: rate)
        }
        if let rate = section["failures_per_source"]?.section() {
            failuresPerSource = failuresPerSource.overridden(by: rate)
        }
        if let rate = section["authorizations_per_source"]?.section() {
            authorizationsPerSource = authorizationsPerSource.overridden(by: rate)
        }
        connections = section["connections"]?.integer(in: 1...1_000_000) ?? connections
    }
}

extension Configuration.Rate {
    fileprivate func overridden(by section: ConfigurationCursor) -> Self {
        Self(
            burst: section["burst"]?.integer(in: 1...1_000_000) ?? burst,
            perMinute: section["per_minute"]?.integer(in: 1...1_000_000) ?? perMinute
        )
    }
}

extension Duration {
    fileprivate static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    fileprivate static func hours(_ count: Int64) -> Duration { .minutes(count * 60) }
    fileprivate static func days(_ count: Int64) -> Duration { .hours(count * 24) }
}
