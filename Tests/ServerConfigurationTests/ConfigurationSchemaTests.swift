import OAuthProtocol
import Testing

@testable import ServerConfiguration

@Suite("JSON Schema 2020-12 of the configuration file")
struct ConfigurationSchemaTests {
    private static let schema = JSONValue.object(ConfigurationSchema.document)

    /// The schema at a path of the table of keys.
    private static func schema(at path: String) -> JSONObject? {
        path.split(separator: ".").reduce(Optional(schema)) { schema, part in
            let name = String(part.replacing("[]", with: ""))
            let property = form(schema)?["properties"]?[name]
            return part.hasSuffix("[]") ? property?["items"] : property
        }?.objectValue
    }

    /// What may be written: of several forms the first, such as one secret and not a list of them.
    private static func form(_ schema: JSONValue?) -> JSONValue? {
        schema?["anyOf"]?.arrayValue?.first ?? schema
    }

    @Test("has every key at its path, each described")
    func hasEveryKey() {
        for key in ConfigurationKey.all {
            let schema = Self.schema(at: key.path)
            #expect(schema?["description"]?.stringValue?.isEmpty == false, "\(key.path)")
            let kinds = ["type", "enum", "anyOf"].filter { schema?[$0] != nil }
            #expect(!kinds.isEmpty, "\(key.path)")
        }
    }

    @Test("refuses other keys in every section, and knows no key that the server does not know")
    func hasNoOtherKey() {
        var paths: Set<String> = []
        func walk(_ property: JSONValue, path: String) {
            let schema = Self.form(property) ?? property
            if let items = schema["items"] { walk(items, path: path + "[]") }
            guard schema["additionalProperties"] == false, let properties = schema["properties"]?.objectValue else {
                return
            }
            for (name, property) in properties.members {
                let path = path.isEmpty ? name : "\(path).\(name)"
                paths.insert(path)
                walk(property, path: path)
            }
        }
        walk(Self.schema, path: "")
        #expect(paths == Set(ConfigurationKey.all.map(\.path)))
    }

    @Test("requires keys in the elements of lists only: elsewhere an environment variable may give them")
    func requiredKeys() {
        #expect(Self.schema["required"] == nil)
        #expect(Self.schema(at: "upstreams[]")?["required"] == ["name"])
        #expect(Self.schema(at: "listen[].tls")?["required"] == ["certificate_file", "private_key_file"])
    }

    @Test("carries bounds, words, defaults and the rule of preset and type")
    func rules() {
        let bytes = Self.schema(at: "registration.metadata_document_bytes")
        #expect(bytes?["minimum"] == 1024 && bytes?["maximum"] == 65_536 && bytes?["default"] == 5120)
        #expect(Self.schema(at: "storage.journal")?["enum"] == ["always", "every-second", "off"])
        #expect(Self.schema(at: "tokens.access_token_lifetime")?["default"] == "1h")
        #expect(Self.schema(at: "upstreams[]")?["oneOf"]?.arrayValue?.count == 2)
        let secrets = Self.schema(at: "clients[].client_secret").map(JSONValue.object)
        #expect(Self.form(secrets)?["minProperties"] == 1)
        #expect(secrets?["anyOf"]?.arrayValue?.count == 2)
    }

    @Test("a duration's pattern takes what the server takes")
    func durationPattern() throws {
        let pattern = try Regex(DurationText.pattern)
        for text in ["0s", "1h30m", "1d2h3m4s5ms", "250ms", "007s"] {
            #expect(text.wholeMatch(of: pattern) != nil && DurationText.parse(text) != nil)
        }
        for text in ["30", "1m1h", "1.5h", "30 s", "1w", "-30s", "1h1h"] {
            #expect(text.wholeMatch(of: pattern) == nil && DurationText.parse(text) == nil)
        }
    }

    @Test("is written with a line for each member, and reads back as it was")
    func text() throws {
        let text = ConfigurationSchema.document.indentedText
        #expect(text.hasPrefix("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"))
        #expect(try JSONParser.parseObject(Array(text.utf8)) == ConfigurationSchema.document)
        let small: JSONObject = ["a": [], "b": [:], "c": [1, "x"], "d": [["e": true]], "f": ["g": .null]]
        #expect(
            small.indentedText == """
                {
                  "a": [],
                  "b": {},
                  "c": [1, "x"],
                  "d": [
                    {
                      "e": true
                    }
                  ],
                  "f": {
                    "g": null
                  }
                }
                """
        )
    }
}

extension JSONValue {
    /// A member of an object.
    fileprivate subscript(name: String) -> JSONValue? { objectValue?[name] }
}
