extension Configuration {
    /// Who may register as a client, and how.
    package struct Registration: Hashable, Sendable {
        /// Whether clients may register themselves (RFC 7591).
        package var isDynamic = true

        /// Whether a client may be a URL that serves its metadata.
        package var acceptsMetadataDocuments = true

        /// Whose metadata documents are accepted.
        package var metadataDocumentPolicy = MetadataDocumentPolicy.open

        /// The domains of the policy `domains`, in lower case; each includes its subdomains.
        package var metadataDocumentDomains: [String] = []

        /// The exact URLs of the policy `listed`.
        package var metadataDocumentClients: [String] = []

        /// The largest metadata document, in bytes.
        package var metadataDocumentBytesMax = 5120

        /// The exact private-use redirect URIs without a dot in their scheme that may be registered.
        package var allowedPrivateUseRedirects = ["cursor://anysphere.cursor-mcp/oauth/callback"]

        /// The exact redirect URIs whose clients always get a secret.
        package var forceConfidentialRedirects: [String] = []

        /// The bearer token that registration demands, or `nil` where it is open to all.
        package var initialAccessToken: SecretReference?

        /// Makes the defaults.
        package init() {}
    }

    /// Whose metadata documents make a client (CM-10).
    package enum MetadataDocumentPolicy: String, CaseIterable, Hashable, Sendable {
        /// Anybody's.
        case open
        /// Those on hosts of the configured domains.
        case domains
        /// The configured ones only.
        case listed
    }
}

extension Configuration.Registration {
    static let keys = KeySection(Self()) {
        Key("dynamic", \.isDynamic, .flag, "Whether clients may register themselves (RFC 7591).")
        Key(
            "client_id_metadata_documents",
            \.acceptsMetadataDocuments,
            .flag,
            "Whether a client may be the URL of its metadata document."
        )
        Key("metadata_document_policy", \.metadataDocumentPolicy, .choice, "Whose metadata documents are accepted.")
        Key(
            "metadata_document_domains",
            \.metadataDocumentDomains,
            .texts("list of domains", ConfigurationRules.domainObjection),
            "The domains of the policy `domains`, each with its subdomains."
        )
        Key(
            "metadata_document_clients",
            \.metadataDocumentClients,
            .texts("list of URLs", schema: .url, ConfigurationRules.metadataDocumentObjection),
            "The exact URLs of the policy `listed`."
        )
        // CM-2: five kilobytes are recommended; a client with many keys needs more.
        Key(
            "metadata_document_bytes",
            \.metadataDocumentBytesMax,
            .integer(1024...65_536),
            "The largest metadata document, in bytes."
        )
        Key(
            "allowed_private_use_redirects",
            \.allowedPrivateUseRedirects,
            .texts("list of URIs", schema: .url, ConfigurationRules.privateUseRedirectObjection),
            "The exact private-use redirect URIs that may be registered."
        )
        Key(
            "force_confidential_redirects",
            \.forceConfidentialRedirects,
            .texts("list of https URLs", schema: .url, ConfigurationRules.confidentialRedirectObjection),
            "The exact redirect URIs whose clients always get a secret."
        )
        Key(
            "initial_access_token",
            \.initialAccessToken,
            .secret(),
            default: "open to all",
            "The bearer token that registration requires."
        )
    } finish: { section, registration, _ in
        switch registration.metadataDocumentPolicy {
        case .open: break
        case .domains where section["metadata_document_domains"] == nil:
            section.refuse("metadata_document_policy: domains needs metadata_document_domains")
        case .listed where section["metadata_document_clients"] == nil:
            section.refuse("metadata_document_policy: listed needs metadata_document_clients")
        case .domains, .listed: break
        }
    }
}
