import OAuthProtocol

/// A stream of security events (OpenID SSF 1.0), and what its next poll acknowledges (RFC 8936).
struct RevocationStream: Sendable {
    let configuration: String
    let id: String
    let endpoint: String
    /// Events that were taken, and whether they could not be read; the next poll says so.
    private var taken: [(identifier: String, isUnreadable: Bool)] = []

    static let pollMethod = "urn:ietf:rfc:8936"

    /// The stream that an answer describes; `nil` without an id or an address.
    init?(_ json: JSONObject, configuration: String) {
        guard let id = json["stream_id"]?.stringValue,
            let endpoint = json["delivery"]?.objectValue?["endpoint_url"]?.stringValue
        else { return nil }
        self.configuration = configuration
        self.id = id
        self.endpoint = endpoint
    }

    /// SSF 1.0 §7.2: the well-known part goes between host and path.
    static func metadataURL(of issuer: String) -> String? {
        guard let uri = URIReference(issuer), let host = uri.host else { return nil }
        let path = uri.path.hasSuffix("/") ? String(uri.path.dropLast()) : uri.path
        return "\(uri.scheme)://\(host)\(uri.port.map { ":\($0)" } ?? "")/.well-known/ssf-configuration\(path)"
    }

    /// The body of the next poll.
    func poll(waits: Bool) -> JSONObject {
        var body: JSONObject = ["returnImmediately": .bool(!waits)]
        let read = taken.filter { !$0.isUnreadable }.map(\.identifier)
        if !read.isEmpty { body["ack"] = .strings(read) }
        var errors: JSONObject = [:]
        for event in taken where event.isUnreadable {
            errors[event.identifier] = ["err": "invalid_request", "description": "the event cannot be read"]
        }
        if !errors.members.isEmpty { body["setErrs"] = .object(errors) }
        return body
    }

    /// Whether an event was taken and not yet acknowledged.
    func hasTaken(_ identifier: String) -> Bool { taken.contains { $0.identifier == identifier } }

    /// Whether such an event could not be read.
    func isUnreadable(_ identifier: String) -> Bool {
        taken.contains { $0.identifier == identifier && $0.isUnreadable }
    }

    mutating func forgetAcknowledged() { taken = [] }

    mutating func acknowledge(_ identifier: String, isUnreadable: Bool) {
        taken.append((identifier, isUnreadable))
    }
}
