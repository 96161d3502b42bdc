package import OAuthProtocol
package import ServerConfiguration

/// CM-1, CM-10, D-93: which URLs may be clients, decided before any look-up.
package struct MetadataDocumentAdmission: Sendable {
    private let issuer: Issuer
    private let ports: Set<UInt16>
    private let settings: Configuration.Registration

    /// Whether documents may come from loopback: only while the issuer itself is there (LF-8).
    package var allowsLoopback: Bool { issuer.isLoopback }

    /// The admission of an issuer that listens on `ports`.
    package init(issuer: Issuer, ports: Set<UInt16>, settings: Configuration.Registration) {
        self.issuer = issuer
        self.ports = ports
        self.settings = settings
    }

    /// Whether the id is a possible document URL, and documents are accepted at all.
    package func isMeant(by id: String) -> Bool {
        settings.acceptsMetadataDocuments && ClientIDURL.isMeant(by: id, allowsLoopback: allowsLoopback)
    }

    /// The URL of an accepted client.
    ///
    /// - Throws: ``MetadataDocumentFailure`` `invalidURL` or `notAllowed`.
    package func url(_ id: String) throws(MetadataDocumentFailure) -> ClientIDURL {
        guard settings.acceptsMetadataDocuments else {
            throw MetadataDocumentFailure(.notAllowed, "this server does not accept metadata documents")
        }
        let url: ClientIDURL
        do { url = try ClientIDURL(id, allowsLoopback: allowsLoopback) } catch {
            throw MetadataDocumentFailure(.invalidURL, error.reason)
        }
        // D-93: a fetch from this server would wait for the very request that it serves.
        guard !url.isServed(by: issuer, listeningOn: ports) else {
            throw MetadataDocumentFailure(.invalidURL, "client_id must not be a URL of this server")
        }
        guard isListed(url) else {
            throw MetadataDocumentFailure(.notAllowed, "the operator of this server has not allowed this application")
        }
        return url
    }

    private func isListed(_ url: ClientIDURL) -> Bool {
        switch settings.metadataDocumentPolicy {
        case .open: true
        case .domains: settings.metadataDocumentDomains.contains { url.host == $0 || url.host.hasSuffix(".\($0)") }
        case .listed: settings.metadataDocumentClients.contains { url.text.hasSameBytes(as: $0) }
        }
    }
}
