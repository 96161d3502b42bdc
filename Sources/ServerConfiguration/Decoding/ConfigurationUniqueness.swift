import OAuthProtocol

/// Refuses names that are used twice, each at its second place.
struct ConfigurationUniqueness {
    let file: ConfigurationCursor

    /// Checks upstream names, resource identifiers, client ids, trusted issuers and addresses.
    func check() {
        // A former name that another provider has now would give that provider's users the old one's.
        refuseRepeats(values("upstreams", "name") + listed("upstreams", "former_names"))
        // FD-6: resources that differ only in the spelling of scheme, host or an empty path are one. An upstream's API
        // is none of them, because an exchange must never take one for the other.
        refuseRepeats(values("resources", "uri") + listed("resources", "aliases") + values("upstreams", "api")) {
            ResourceCatalogue.comparisonForm($0) ?? $0
        }
        refuseAmbiguousTolerances()
        refuseRepeats(values("clients", "client_id"))
        refuseRepeats(values("trusted_issuers", "issuer"))
        // Port 0 picks a free port each time.
        refuseRepeats((values("listen", "address") + managementAddress).filter { !$0.text.hasSuffix(":0") })
        checkResourceClients()
    }

    private typealias Named = (text: String, cursor: ConfigurationCursor)

    private func values(_ list: String, _ key: String) -> [Named] {
        guard case .list? = file[list]?.node.content else { return [] }
        return file[list]?.elements()?.compactMap { element in
            guard let cursor = element[key], case .scalar(let text) = cursor.node.content else { return nil }
            return (text, cursor)
        } ?? []
    }

    private func listed(_ section: String, _ key: String) -> [Named] {
        guard case .list? = file[section]?.node.content else { return [] }
        return file[section]?.elements()?.flatMap { element -> [Named] in
            guard let list = element[key], case .list = list.node.content else { return [] }
            return list.elements()?.compactMap { text in text.text.map { ($0, text) } } ?? []
        } ?? []
    }

    private var managementAddress: [Named] {
        guard case .map? = file["management"]?.node.content, let cursor = file["management"]?["address"],
            case .scalar(let text) = cursor.node.content
        else { return [] }
        return [(text, cursor)]
    }

    private func refuseRepeats(_ values: [Named], as form: (String) -> String = { $0 }) {
        var first: [String: ConfigurationCursor] = [:]
        for (text, cursor) in values {
            if let earlier = first[form(text)] {
                cursor.refuse("\(text) is already the value of \(earlier.path)")
            } else {
                first[form(text)] = cursor
            }
        }
    }

    /// A tolerated spelling must mean one resource, not the first of several.
    private func refuseAmbiguousTolerances() {
        guard case .list? = file["resources"]?.node.content, let elements = file["resources"]?.elements() else {
            return
        }
        let resources = elements.map { element -> ProtectedResource in
            let uri = element["uri"]?.text ?? ""
            var resource = ProtectedResource(uri: uri, scopes: .empty, upstreams: [], clientID: nil)
            resource.aliases = texts(element["aliases"])
            resource.tolerances = Set(texts(element["tolerance"]).compactMap(ResourceTolerance.init(rawValue:)))
            return resource
        }
        for spelling in AmbiguousSpelling.all(among: resources) {
            guard let earlier = elements[spelling.first]["tolerance"] else { continue }
            elements[spelling.second]["tolerance"]?.refuse(
                "accepts \(spelling.text), as \(earlier.path) does; a spelling must mean one resource"
            )
        }
    }

    private func texts(_ list: ConfigurationCursor?) -> [String] {
        guard let list, case .list = list.node.content else { return [] }
        return list.elements()?.compactMap(\.text) ?? []
    }

    /// One MCP server may be several resources under one client id, with one secret; a client is somebody else.
    private func checkResourceClients() {
        let clients = values("clients", "client_id")
        var callers: [String: (secret: SecretReference?, path: String)] = [:]
        for (text, cursor) in values("resources", "client_id") {
            if let client = clients.first(where: { $0.text == text }) {
                cursor.refuse("\(text) is already the value of \(client.cursor.path)")
            }
            let secret = resourceSecret(of: cursor)
            if let earlier = callers[text], earlier.secret != secret {
                cursor.refuse("\(text) is also the value of \(earlier.path), with a different client_secret")
            } else {
                callers[text] = (secret, cursor.path)
            }
        }
    }

    /// The secret beside a client id; what is wrong with it has been reported where it was decoded.
    private func resourceSecret(of clientID: ConfigurationCursor) -> SecretReference? {
        let quiet = ConfigurationCursor(path: "", node: file.node, location: nil, problems: ConfigurationProblems())
        let resource = quiet["resources"]?.elements()?.first { clientID.path == "\($0.path).client_id" }
        return resource?["client_secret"]?.secrets()
    }
}
