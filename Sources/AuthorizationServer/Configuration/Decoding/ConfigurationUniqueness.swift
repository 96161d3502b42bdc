import OAuthProtocol

/// Refuses names that stand twice, each at its second place.
struct ConfigurationUniqueness {
    let file: ConfigurationCursor

    /// Checks upstream names, resource identifiers, client ids and addresses.
    func check() {
        refuseRepeats(values("upstreams", "name"))
        // Decision 0.6: resources that differ only in the spelling of scheme, host or an empty path are one.
        refuseRepeats(values("resources", "uri")) { ResourceCatalogue.comparisonForm($0) ?? $0 }
        refuseRepeats(values("clients", "client_id"))
        // Port 0 picks a free port each time.
        refuseRepeats(values("listen", "address").filter { !$0.text.hasSuffix(":0") })
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

    /// One MCP server may be several resources under one client id, with one secret; a client is somebody else.
    private func checkResourceClients() {
        let clients = values("clients", "client_id")
        var secrets: [String: (ConfigurationNode.Content?, String)] = [:]
        for (text, cursor) in values("resources", "client_id") {
            if let client = clients.first(where: { $0.text == text }) {
                cursor.refuse("\(text) is already the value of \(client.cursor.path)")
            }
            let resource = String(cursor.path.dropLast(".client_id".count))
            let secret = resourceSecret(resource)
            if let (earlier, path) = secrets[text], earlier != secret {
                cursor.refuse("\(text) is also the value of \(path), with another client_secret")
            } else {
                secrets[text] = (secret, cursor.path)
            }
        }
    }

    private func resourceSecret(_ path: String) -> ConfigurationNode.Content? {
        guard case .map(let entries)? = file["resources"]?.elements()?.first(where: { $0.path == path })?.node.content
        else { return nil }
        return entries.first { $0.name == "client_secret" }?.node.content
    }
}
