import OAuthProtocol

/// RFC 7517: reads a client's public keys, written as YAML or as the text of a JWK Set.
struct JSONWebKeyReader {
    let cursor: ConfigurationCursor

    /// The key set as JSON text, or `nil` after what is wrong was reported.
    func text() -> String? {
        switch cursor.node.content {
        case .scalar(let text):
            guard let object = try? JSONParser.parseObject(Array(text.utf8)) else {
                // The offset of the wrong byte does not help a person who pasted a file.
                return cursor.refused("is not the JSON text of a JWK Set")
            }
            return checked(object)
        case .map:
            guard let object = json(cursor.node)?.objectValue else { return nil }
            return checked(object)
        case .empty, .list:
            return cursor.refused("must be a JWK Set: a map with keys")
        }
    }

    private func checked(_ object: JSONObject) -> String? {
        guard let keys = object["keys"]?.arrayValue, !keys.isEmpty else {
            return cursor.refused("must be a JWK Set: a map with a list of keys")
        }
        for key in keys.map(\.objectValue) {
            guard let key, let type = key["kty"]?.stringValue, ["EC", "OKP", "RSA"].contains(type) else {
                return cursor.refused("has a key whose kty is not EC, OKP or RSA")
            }
            // RFC 7517 §9.2: private members never belong here; such a key is burnt and must be replaced.
            if !["d", "p", "q", "k"].allSatisfy({ key[$0] == nil }) {
                return cursor.refused("contains a private key; publish only the public part and replace this key")
            }
        }
        return object.serializedString()
    }

    /// The members of a JWK are strings and lists of strings, so text needs no guessing of types.
    private func json(_ node: ConfigurationNode) -> JSONValue? {
        switch node.content {
        case .scalar(let text): return .string(text)
        case .list(let nodes): return .array(nodes.compactMap { json($0) })
        case .map(let entries):
            return .object(JSONObject(entries.compactMap { entry in json(entry.node).map { (entry.name, $0) } }))
        case .empty: return cursor.refused("has a member without a value")
        }
    }
}
