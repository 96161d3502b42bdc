/// OAuth Client ID Metadata Document §3: a `client_id` that is the URL of the client's metadata (CM-1).
///
/// The URL is an identifier and is compared byte for byte; normalizing it could make two clients one.
package struct ClientIDURL: Hashable, Sendable {
    /// The URL as it was written.
    package let text: String
    /// The host in lower case; an IPv6 address keeps its brackets.
    package let host: String
    /// The port to connect to.
    package let port: UInt16
    /// Whether the host is loopback.
    package let isLoopback: Bool

    /// The longest URL, in bytes.
    package static let byteCountMax = 2048

    /// Why a URL is not a valid client id.
    package struct Refusal: Error, Hashable, Sendable {
        /// One sentence without quotes, written for the client's developer.
        package let reason: String
    }

    /// Whether an id is meant as the URL of a document; all other ids are looked up in the registry.
    ///
    /// - Parameters:
    ///   - text: The `client_id`.
    ///   - allowsLoopback: The issuer is on loopback itself; `http` on loopback is then accepted too (LF-8).
    /// - Returns: Whether a document must be fetched.
    package static func isMeant(by text: String, allowsLoopback: Bool) -> Bool {
        text.hasPrefix("https://") || (allowsLoopback && text.hasPrefix("http://"))
    }

    /// Checks the form of the URL; makes no look-up.
    ///
    /// - Throws: ``Refusal`` with the rule that the URL breaks.
    package init(_ text: String, allowsLoopback: Bool) throws(Refusal) {
        guard text.utf8.count <= Self.byteCountMax else {
            throw Refusal(reason: "client_id must have at most \(Self.byteCountMax) bytes")
        }
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty else {
            throw Refusal(reason: "client_id must be an absolute URL in plain ASCII")
        }
        let isLoopback = uri.isLoopbackHost
        guard text.hasPrefix("https://") || (allowsLoopback && isLoopback && text.hasPrefix("http://")) else {
            throw Refusal(reason: "client_id must begin with https://")
        }
        guard uri.fragment == nil else { throw Refusal(reason: "client_id must not have a fragment") }
        // User information hides the real host from the reader of the consent page (D-7).
        guard uri.userInformation == nil else { throw Refusal(reason: "client_id must not have user information") }
        // Any query would name the same document: one client with endless identities (CM-1).
        guard uri.query == nil else { throw Refusal(reason: "client_id must not have a query") }
        guard !uri.path.isEmpty, uri.path != "/" else { throw Refusal(reason: "client_id must have a path") }
        // The HTTP client resolves such segments and would fetch another document than the one that is named.
        guard !uri.hasDotSegments else { throw Refusal(reason: "client_id must not have dot segments") }
        self.text = text
        self.host = host.lowercased()
        port = uri.port ?? (uri.scheme == "https" ? 443 : 80)
        self.isLoopback = isLoopback
    }

    /// Whether the URL leads back to this server, which would wait for its own answer (D-93).
    ///
    /// - Parameters:
    ///   - issuer: This server's issuer.
    ///   - ports: The ports that this server listens on, used when the issuer is on loopback.
    /// - Returns: Whether a fetch would reach this server.
    package func isServed(by issuer: Issuer, listeningOn ports: Set<UInt16> = []) -> Bool {
        guard let own = URIReference(issuer.text), let ownHost = own.host?.lowercased() else { return false }
        let ownPort = own.port ?? (own.scheme == "https" ? 443 : 80)
        if host == ownHost, port == ownPort {
            return true
        }
        // Every spelling of loopback is this machine.
        return isLoopback && (ports.contains(port) || (own.isLoopbackHost && port == ownPort))
    }
}
