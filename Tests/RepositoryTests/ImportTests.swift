import Testing

@Suite("A floor imports only from floors below it")
struct ImportTests {
    /// The house, as what each target may import; a target that is not here may not exist.
    private static let allowed: [String: Set<String>] = [
        "Foundations": ["CLinux", "Glibc"],
        "OpenSSLCrypto": ["COpenSSL", "Glibc"],
        "SocketHTTP": ["CLinux", "COpenSSL", "Glibc", "HTTPTypes", "Logging"],
        "OutboundHTTP": ["CCurl", "CLinux", "Glibc", "Logging"],
        "YAMLText": ["CYAML"],
        "PostgreSQLClient": ["CLinux", "CPostgreSQL", "Glibc", "Logging"],
        "DurableLog": ["CZlib", "Glibc", "Logging", "OpenSSLCrypto"],
        "OAuthProtocol": ["OpenSSLCrypto"],
        "OAuthState": [
            "BitCollections", "Collections", "DequeModule", "DurableLog", "HashTreeCollections", "HeapModule",
            "Logging",
            "OAuthProtocol", "OpenSSLCrypto", "OrderedCollections",
        ],
        "PostgreSQLStore": [
            "DurableLog", "Logging", "OAuthProtocol", "OAuthState", "OpenSSLCrypto", "PostgreSQLClient",
        ],
        "UpstreamIdentity": ["Logging", "OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP"],
        "ServerConfiguration": ["OAuthProtocol", "OpenSSLCrypto", "SocketHTTP", "UpstreamIdentity"],
        "AuthorizationServer": floors1To3.union([
            "ServerConfiguration", "CoreMetrics", "HTTPTypes", "Logging", "Metrics",
        ]),
        "DevelopmentIdentityProvider": ["HTTPTypes", "Logging", "OAuthProtocol", "OpenSSLCrypto", "SocketHTTP"],
        "OAuthClientKit": ["OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP"],
        "GatehouseVerifier": ["Foundations", "OAuthProtocol", "OpenSSLCrypto"],
        "GatehouseHosting": floors1To3.union(
            [
                // Not Foundation, which brings 34 MB of data for languages (ICU).
                "AuthorizationServer", "Dispatch", "FoundationEssentials", "Glibc", "Logging", "ServerConfiguration",
                "ServiceLifecycle", "YAMLText",
            ]
        ),
        "ServerCommand": floors1To3.union(
            [
                "ArgumentParser", "AuthorizationServer", "CJemalloc", "CoreMetrics",
                "DevelopmentIdentityProvider", "FoundationEssentials", "GatehouseHosting", "Glibc",
                "HTTPTypes", "Logging", "Metrics", "OAuthClientKit", "ServerConfiguration", "ServiceLifecycle",
                "UnixSignals",
            ]
        ),
        "Gatehouse": ["ServerCommand"],
        "GatehousePostgreSQL": [
            "AuthorizationServer", "GatehouseHosting", "Logging", "OAuthProtocol", "OAuthState", "OpenSSLCrypto",
            "OutboundHTTP",
            "PostgreSQLClient", "PostgreSQLStore", "ServerCommand", "ServerConfiguration",
        ],
        "AuthorizationServerTesting": floors1To3.union(
            [
                "AuthorizationServer", "DevelopmentIdentityProvider", "Glibc", "HTTPTypes", "Logging",
                "OAuthClientKit", "ServerConfiguration",
            ]
        ),
        "AuthorizationServerTestTraits": ["AuthorizationServerTesting", "Testing"],
    ]

    private static let floors1To3: Set<String> = [
        "OpenSSLCrypto", "SocketHTTP", "OutboundHTTP", "DurableLog", "OAuthProtocol", "OAuthState", "UpstreamIdentity",
    ]

    /// The standard library's own modules, which are not Foundation and do no I/O, and the floor below every other.
    private static let everywhere: Set<String> = ["Foundations", "Synchronization"]

    @Test("every import is one that its target may have")
    func imports() {
        var foreign: [String] = []
        for file in SourceTree.sources {
            let allowed = Self.allowed[file.target]?.union(Self.everywhere) ?? []
            for module in Self.modules(of: file) where !allowed.contains(module) {
                foreign.append("\(file.path) imports \(module)")
            }
        }
        #expect(foreign.isEmpty)
    }

    @Test("every target with Swift sources is in the house's plan")
    func targets() {
        let targets = Set(SourceTree.sources.map(\.target))
        #expect(!targets.isEmpty)
        #expect(targets.subtracting(Self.allowed.keys).isEmpty)
    }

    @Test("the harness that other people's tests embed does not bring a testing framework with it")
    func harness() {
        for file in SourceTree.sources where file.target != "AuthorizationServerTestTraits" {
            #expect(Self.modules(of: file).isDisjoint(with: ["Testing", "XCTest"]), "\(file.path)")
        }
    }

    @Test("imports are read whatever precedes them")
    func reads() {
        let text = """
            import A
            package import B
            @testable import C
            @preconcurrency package import struct D.E
            // import F
            let text = "import G"
            """
        #expect(Self.modules(of: SourceTree.File(path: "Sources/X/Y.swift", text: text)) == ["A", "B", "C", "D"])
    }

    private static func modules(of file: SourceTree.File) -> Set<String> {
        let access = #"(?:(?:public|package|internal|private|fileprivate)\s+)?"#
        let kind = #"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?"#
        let pattern = Pattern(#"^[ \t]*(?:@\w+\s+)*"# + access + #"import\s+"# + kind + #"(\w+)"#)
        return Set(pattern.matches(in: file.code).map { $0.groups[1] })
    }
}
