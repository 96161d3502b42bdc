/// OAuth Client ID Metadata Document §3: a `client_id` that is the URL of the client's own description (CM-1).
///
/// The URL is an identifier and is compared byte for byte; it is never normalised, or two clients could become one.
package struct ClientIDURL: Hashable, Sendable {
    /// The URL as it was written.
    package let text: String
    /// The host in lower case, brackets kept around an IPv6 address.
    package let host: String
    /// The port that is dialled.
    package let port: UInt16
    /// Whether the host is loopback.
    package let isLoopback: Bool

    /// Longest URL, in bytes.
    package static let byteCountMax = 2048

    /// Why a URL is not a client's.
    package struct Refusal: Error, Hashable, Sendable {
        /// One sentence without quotes, for the client's developer.
        package let reason: String
    }

    /// Whether an id is meant as the URL of a document; everything else is looked up in the registry.
    ///
    /// - Parameters:
    ///   - text: The `client_id`.
    ///   - allowsLoopback: The issuer is on loopback itself; then `http` on loopback counts too (LF-8).
    /// - Returns: Whether a document is looked for.
    package static func isMeant(by text: String, allowsLoopback: Bool) -> Bool {
        text.hasPrefix("https://") || (allowsLoopback && text.hasPrefix("http://"))
    }

    /// Checks the form of the URL; nothing is looked up.
    ///
    /// - Throws: ``Refusal`` with the rule that it breaks.
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
        // User information hides the real host from the person who reads the consent page (D-7).
        guard uri.userInformation == nil else { throw Refusal(reason: "client_id must not have user information") }
        // Any number of queries would name the same document: one client with endless identities (CM-1).
        guard uri.query == nil else { throw Refusal(reason: "client_id must not have a query") }
        guard !uri.path.isEmpty, uri.path != "/" else { throw Refusal(reason: "client_id must have a path") }
        // What fetches the document resolves such segments: it would be another document than the one that is named.
        guard !uri.hasDotSegments else { throw Refusal(reason: "client_id must not have dot segments") }
        self.text = text
        self.host = host.lowercased()
        port = uri.port ?? (uri.scheme == "https" ? 443 : 80)
        self.isLoopback = isLoopback
    }

    /// Whether the URL leads back to us, which would be a request that waits for itself (D-93).
    ///
    /// - Parameters:
    ///   - issuer: Our issuer.
    ///   - ports: The ports that we listen on, for an issuer on loopback.
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
