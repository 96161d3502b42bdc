import Testing

@Suite("Types that hold secrets never print them (D-25)")
struct SecretTypeTests {
    /// Types whose names sound like secrets and hold none.
    private static let harmless: Set<String> = [
        "Code", "Key", "ConfigurationKey", "PublicKey", "JSONWebKey", "JSONWebToken", "StringToken",
        "AccessToken", "IdentityKey", "NativeKey", "BearerToken", "IssuedCode", "LogoutToken", "OnlyKey",
        "GlobalRevocationToken",
    ]

    @Test("each conforms to the redacting protocol")
    func conform() {
        let printable = Self.secretTypes.filter { !Self.harmless.contains($0.key) && !Self.isRedacted($0.key) }
        #expect(
            printable.isEmpty,
            "conform to Redacted, or say in this test why the type is harmless"
        )
    }

    @Test("the list of harmless types has no leftovers")
    func noLeftovers() {
        #expect(Self.harmless.subtracting(Self.secretTypes.keys).isEmpty)
    }

    @Test("the types that we know to hold secrets are found", arguments: ["SecretValue", "RefreshToken", "PrivateKey"])
    func knowsThem(name: String) {
        #expect(SourceTree.sources.contains { $0.text.contains("struct \(name)") })
        #expect(Self.isRedacted(name))
    }

    /// The names and files of types that sound like secrets.
    private static let secretTypes: [String: String] = {
        let endings = "Secret|Token|Code|Key|Password|Passphrase|CodeVerifier|SecretValue"
        let pattern = Pattern(#"\b(?:struct|class|actor|enum)\s+(\w*(?:\#(endings)))\b"#)
        var types: [String: String] = [:]
        for file in SourceTree.sources {
            for match in pattern.matches(in: file.code) { types[match.groups[1]] = file.path }
        }
        return types
    }()

    /// What each type, with its extensions, conforms to or inherits from, by the type's name.
    private static let parents: [String: Set<String>] = {
        let pattern: Pattern = #"\b(?:struct|class|actor|enum|extension|protocol)\s+(\w+)[^:{}\n]*:([^{]*)\{"#
        var parents: [String: Set<String>] = [:]
        for file in SourceTree.sources {
            for match in pattern.matches(in: file.code) {
                let words = match.groups[2].split { !($0.isLetter || $0.isNumber) }.map(String.init)
                parents[match.groups[1], default: []].formUnion(words)
            }
        }
        return parents
    }()

    /// Whether a type, one of its extensions, or a protocol that it conforms to, is redacting.
    private static func isRedacted(_ name: String) -> Bool {
        let parents = parents[name] ?? []
        if parents.contains("Redacted") { return true }
        // A type that writes the three by hand, with a description that says a little more.
        if parents.isSuperset(of: ["CustomStringConvertible", "CustomDebugStringConvertible", "CustomReflectable"]) {
            return true
        }
        return parents.contains { $0 != name && $0.hasSuffix("Secret") && isRedacted($0) }
    }
}
