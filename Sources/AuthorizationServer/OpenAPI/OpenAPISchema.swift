import OAuthProtocol

/// OpenAPI 3.1 §4.8.7: a schema of `#/components/schemas`, declared beside the endpoint that answers with it.
struct OpenAPISchema: Sendable {
    /// The name in the components.
    let name: String
    /// The JSON Schema.
    let schema: JSONValue

    /// An object with these properties.
    init(_ name: String, required: [String], _ properties: JSONObject) {
        self.name = name
        schema = ["type": "object", "required": .strings(required), "properties": .object(properties)]
    }

    /// A schema that is no plain object.
    init(_ name: String, _ schema: JSONValue) {
        self.name = name
        self.schema = schema
    }

    /// An array of texts, as a property.
    static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]

    /// RFC 6749 §5.2: every error in JSON.
    static let error = OpenAPISchema(
        "Error",
        required: ["error"],
        ["error": ["type": "string"], "error_description": ["type": "string"], "reason": ["type": "string"]]
    )
}
