import OAuthProtocol

extension Format where Value == String {
    /// RFC 7517: public keys as a JWK Set, kept as JSON text.
    static var keySet: Format {
        Format(
            "JWK Set, as a map or as JSON text",
            schema: [
                "type": ["object", "string"],
                "required": ["keys"],
                "properties": ["keys": ["type": "array", "minItems": 1, "items": ["type": "object"]]],
            ],
            read: { cursor, _ in JSONWebKeyReader(cursor: cursor).text() },
            write: { .string($0) }
        )
    }
}
