import Testing

/// The arrows between the folders of AuthorizationServer, read from the names of types.
///
/// One target holds them all, because a boundary between targets would hide an endpoint's grant, keys and vault from
/// the optimizer; this test holds what the compiler would hold.
@Suite("The folders of AuthorizationServer: features are built on the ground, and none knows another")
struct FolderTests {
    /// From bottom to top: a folder may name types of those in rows above its own in this list, and of no other.
    private static let rows: [[String]] = [
        ["Background", "OpenAPI"],
        ["HTTP"],
        ["Audit", "Metrics", "Tracing"],
        ["Ground"],
        ["Keys", "Limits"],
        ["OwnTokens"],
        ["DPoP"],
        ["ClientMetadataDocuments"],
        ["ClientAuthentication"],
        ["Assertions", "UpstreamClients"],
        ["Vault"],
        ["Agents"],
        ["Pages"],
        ["Browser"],
        ["Login"],
        ["Lifecycle"],
        // The features.
        [
            "Administration", "Authorization", "Connections", "ForwardAuthentication", "Introspection", "Logout",
            "Management", "Metadata", "OpenID", "Registration", "ReportInvalid", "Revocation", "Signals", "Token",
        ],
        // What assembles them, and the server.
        ["Features"],
        ["Server"],
    ]

    /// Arrows that are left, each with its reason; the list only shrinks.
    private static let exceptions = [
        "Connections -> Token: Grant": "another type of this name, inside ConnectionAccess",
        "ForwardAuthentication -> Metadata: ProtectedResourceEndpoint": "a challenge names the address of the metadata",
        "Management -> Administration: AdministrationRequest": "reads a request as the administrator's verbs do",
        "Management -> Connections: EnteredConnections": "the administrator deposits what users enter",
    ]

    // MARK: - Reading

    private static let prefix = "Sources/AuthorizationServer/"

    /// The folder of a file: the first one below the target.
    private static func folder(_ file: SourceTree.File) -> String {
        file.components.count > 3 ? file.components[2] : ""
    }

    /// Types that a file declares outside any other, and types that it declares anywhere.
    private static func declarations(_ file: SourceTree.File) -> (outer: Set<String>, all: Set<String>) {
        let outer: Pattern =
            #"^(?:package |public )?(?:final )?(?:struct|class|enum|actor|protocol|typealias) (\w+)"#
        let all: Pattern = #"\b(?:struct|class|enum|actor|protocol|typealias) (\w+)"#
        return (
            Set(outer.matches(in: file.code).map { $0.groups[1] }), Set(all.matches(in: file.code).map { $0.groups[1] })
        )
    }

    /// What files name of other folders and must not, such as `Token -> Vault: Retrieval`.
    private static func wrongArrows(in files: [SourceTree.File]) -> Set<String> {
        let levels = Dictionary(
            rows.enumerated().flatMap { level, folders in folders.map { ($0, level) } },
            uniquingKeysWith: { first, _ in first }
        )
        var owners: [String: String] = [:]
        for file in files {
            for type in declarations(file).outer { owners[type] = folder(file) }
        }
        var wrong: Set<String> = []
        for file in files {
            let own = folder(file)
            let local = declarations(file).all
            for word in Set(file.code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)) {
                guard let owner = owners[word], owner != own, !local.contains(word) else { continue }
                guard let from = levels[own], let to = levels[owner], to < from else {
                    wrong.insert("\(own) -> \(owner): \(word)")
                    continue
                }
            }
        }
        return wrong
    }

    private static let files = SourceTree.sources.filter { $0.path.hasPrefix(prefix) }

    // MARK: - Rules

    @Test("every folder has its row, and every row its folders")
    func completeness() {
        let folders = Set(Self.files.map(Self.folder))
        #expect(folders == Set(Self.rows.flatMap(\.self)))
    }

    @Test("no file names a type of a folder that is not below its own")
    func arrows() {
        // Equal, not a subset: an exception that is no longer needed is removed.
        #expect(Self.wrongArrows(in: Self.files) == Set(Self.exceptions.keys))
    }

    @Test("an arrow upwards, and one between two features, are found; one downwards, and a word of its own, are not")
    func found() {
        let files = [
            ("Ground/Clock.swift", "struct Clock { let grant: SampleGrant }"),
            ("Token/SampleGrant.swift", "struct SampleGrant { let clock: Clock }"),
            ("Logout/Ending.swift", "enum Ending { case of(SampleGrant) }"),
            ("Revocation/Other.swift", "struct Other { private enum SampleGrant {}\nlet grant: SampleGrant }"),
            ("Metrics/Text.swift", "// SampleGrant\nlet text = \"SampleGrant\""),
        ].map { SourceTree.File(path: Self.prefix + $0.0, text: $0.1) }
        #expect(
            Self.wrongArrows(in: files) == ["Ground -> Token: SampleGrant", "Logout -> Token: SampleGrant"]
        )
    }
}
