package import OAuthProtocol

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

        /// The private-use redirect URIs without a dot in their scheme that may be registered: exact ones, and patterns
        /// that end in `/*`.
        package var allowedPrivateUseRedirects = ["cursor://anysphere.cursor-mcp/oauth/callback"]

        /// Whether the callbacks of known desktop programs may be registered.
        package var acceptsKnownPrograms = true

        /// The exact redirect URIs whose clients always get a secret.
        package var forceConfidentialRedirects: [String] = []

        /// The bearer token that registration demands, or `nil` where it is open to all.
        package var initialAccessToken: SecretReference?

        /// Whether that token may be short enough to be guessed.
        package var allowsShortSecret = false

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
    /// The private-use redirect URIs that the operator allows.
    package var redirectURIPolicy: RedirectURI.Policy {
        // Decoding has refused what is neither an exact URI nor a pattern.
        RedirectURI.Policy(
            allowedPrivateUse: Set(allowedPrivateUseRedirects.filter { !PrivateUsePattern.isMeant(by: $0) }),
            allowedPatterns: allowedPrivateUseRedirects.compactMap { try? PrivateUsePattern($0) },
            acceptsKnownPrograms: acceptsKnownPrograms
        )
    }

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
            """
            The private-use redirect URIs that may be registered beside those of known programs: exact ones, or a \
            pattern `SCHEME://AUTHORITY/PATH/*`.
            """
        )
        Key(
            "known_program_redirects",
            \.acceptsKnownPrograms,
            .flag,
            "Whether the private-use redirect URIs of known desktop programs may be registered."
        )
        Key(
            "force_confidential_redirects",
            \.forceConfidentialRedirects,
            .texts("list of https URLs", schema: .url, ConfigurationRules.confidentialRedirectObjection),
            "The exact redirect URIs whose clients always get a secret."
        )
        Key(
            credential: "initial_access_token",
            \.initialAccessToken,
            unless: \.allowsShortSecret,
            default: "open to all",
            "The bearer token that registration requires."
        )
        Key.shortSecret(\.allowsShortSecret)
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
