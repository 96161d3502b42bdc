import Testing

@Suite("A rule is found by its specification's name")
struct SpecificationHeaderTests {
    /// Files of the protocol's vocabulary that no specification asks for.
    private static let ours: Set<String> = [
        "Timestamp.swift", "Secrets.swift", "Identifiers.swift", "JOSEError.swift",
        "SigningKey.swift", "Bits128.swift", "AgentToken.swift", "LoginNeed.swift",
    ]

    /// Whether a file's header must cite: the protocol's rules, and every endpoint and grant that clients see.
    private static func mustCite(_ file: SourceTree.File) -> Bool {
        // An extension's header is in the file that it extends.
        guard !file.name.contains("+"), !ours.contains(file.name) else { return false }
        switch file.target {
        case "OAuthProtocol":
            return !["JSON", "Encoding"].contains(file.components[2])
        case "AuthorizationServer":
            let isSurface = file.name.hasSuffix("Endpoint.swift") || file.name.hasSuffix("Grant.swift")
            return isSurface && !["HTTP", "Management", "Administration"].contains(file.components[2])
        default: return false
        }
    }

    @Test("the first words of a protocol file, an endpoint and a grant cite what they implement")
    func headers() {
        let silent = SourceTree.sources.filter(Self.mustCite)
            .filter { SpecificationHeader(of: $0).isEmpty }
            .map(\.path)
        #expect(silent.isEmpty)
    }

    @Test("and there are such files")
    func isNotVacuous() {
        #expect(SourceTree.sources.filter(Self.mustCite).count > 10)
        let silent = SourceTree.File(path: "Sources/OAuthProtocol/X.swift", text: "/// Does things.\nstruct X {}")
        #expect(Self.mustCite(silent) && SpecificationHeader(of: silent).isEmpty)
    }

    @Test("the list of exceptions has no leftovers")
    func noLeftovers() {
        let names = Set(SourceTree.sources.filter { $0.target == "OAuthProtocol" }.map(\.name))
        #expect(Self.ours.subtracting(names).isEmpty)
    }
}

/// The first paragraph of a file's first documentation comment, and the specifications that it names.
struct SpecificationHeader {
    let text: String

    init(of file: SourceTree.File) {
        let lines = file.lines
        let start = lines.firstIndex { $0.hasPrefix("///") } ?? lines.endIndex
        text = lines[start...].prefix { $0.hasPrefix("///") && $0 != "///" }.map { $0.dropFirst(3) }.joined(
            separator: " "
        )
    }

    /// Whether no specification is named.
    var isEmpty: Bool {
        let pattern: Pattern =
            #"RFC \d{4}|OAuth 2\.1|OpenID Connect|MCP|SEP-\d+|Fetch standard|draft-|\b[A-Z]{2}-\d+"#
        return !pattern.matches(text)
    }

    /// The numbers of the RFCs that are named.
    var requestsForComments: Set<Int> {
        let pattern: Pattern = #"RFC (\d{4})"#
        return Set(pattern.matches(in: text).compactMap { Int($0.groups[1]) })
    }
}
