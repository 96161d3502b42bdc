// swift-tools-version: 6.2
import PackageDescription

// A sanitizer has an allocator of its own, and ends the process when it meets memory of another one.
let allocator: [Target.Dependency] = Context.environment["GATEHOUSE_SANITIZER"] == nil ? ["CJemalloc"] : []

/// The settings of every Swift target: one dialect, warnings are errors, unsafe code says so.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    // Used by swift-service-lifecycle only; a target must name it for its version to be ours to choose.
    static let asyncAlgorithms = product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
    static let deque = product(name: "DequeModule", package: "swift-collections")
    static let hashTreeCollections = product(name: "HashTreeCollections", package: "swift-collections")
    static let histogram = product(name: "Histogram", package: "hdrhistogram-swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "CoreMetrics", package: "swift-metrics")
    // Used by hdrhistogram-swift only.
    static let numerics = product(name: "Numerics", package: "swift-numerics")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
}

// Floor 0: system libraries and header shims.
let floor0: [Target] = [
    .target(name: "CLinux"),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
]

// Floor ½: what several targets need and no system library has.
let floorHalf: [Target] = [
    .target(name: "Foundations", dependencies: ["CLinux"], swiftSettings: swiftSettings)
]

// Floor 1: technique; no word of OAuth.
let floor1: [Target] = [
    .target(name: "OpenSSLCrypto", dependencies: ["COpenSSL", "Foundations"], swiftSettings: swiftSettings),
    .target(
        name: "SocketHTTP",
        dependencies: ["CLinux", "COpenSSL", "Foundations", .httpTypes, .logging],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "OutboundHTTP",
        dependencies: ["CCurl", "CLinux", "Foundations", .logging],
        swiftSettings: swiftSettings
    ),
    .target(name: "YAMLText", dependencies: ["CYAML"], swiftSettings: swiftSettings),
    .target(
        name: "PostgreSQLClient",
        dependencies: ["CLinux", "CPostgreSQL", "Foundations", .logging],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "DurableLog",
        dependencies: ["CZlib", "Foundations", "OpenSSLCrypto", .logging],
        swiftSettings: swiftSettings
    ),
]

// Floor 2: values and pure rules.
let floor2: [Target] = [
    .target(name: "OAuthProtocol", dependencies: ["Foundations", "OpenSSLCrypto"], swiftSettings: swiftSettings)
]

// Floor 3: the actors and their store protocols; talking to upstream identity providers.
let floor3: [Target] = [
    .target(
        name: "OAuthState",
        dependencies: [
            "Foundations", "OAuthProtocol", "OpenSSLCrypto", "DurableLog", .hashTreeCollections, .deque, .logging,
        ],
        swiftSettings: swiftSettings
    ),
    // Only in the product for several nodes.
    .target(
        name: "PostgreSQLStore",
        dependencies: [
            "DurableLog", "Foundations", "OAuthProtocol", "OAuthState", "OpenSSLCrypto", "PostgreSQLClient", .logging,
        ],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "UpstreamIdentity",
        dependencies: ["Foundations", "OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP", .logging],
        swiftSettings: swiftSettings
    ),
]

// Floor 4: endpoints and composition; the provider and the client behind `gatehouse dev` and the tests.
let floor4: [Target] = [
    .target(
        name: "ServerConfiguration",
        dependencies: ["Foundations", "UpstreamIdentity", "OAuthProtocol", "OpenSSLCrypto", "SocketHTTP"],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "AuthorizationServer",
        dependencies: [
            "ServerConfiguration", "OAuthState", "UpstreamIdentity", "OAuthProtocol", "OpenSSLCrypto", "SocketHTTP",
            "OutboundHTTP", "DurableLog", "Foundations", .httpTypes, .logging, .metrics,
        ],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "DevelopmentIdentityProvider",
        dependencies: ["Foundations", "SocketHTTP", "OAuthProtocol", "OpenSSLCrypto", .httpTypes, .logging],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "OAuthClientKit",
        dependencies: ["OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP"],
        swiftSettings: swiftSettings
    ),
    // A product for the servers that accept our tokens: rules only, without network or storage.
    .target(
        name: "GatehouseVerifier",
        dependencies: ["Foundations", "OAuthProtocol", "OpenSSLCrypto"],
        swiftSettings: swiftSettings
    ),
]

// Floor 5: the executables, the library that embeds the server, and the harness that other people's tests embed.
let floor5: [Target] = [
    // What a server must not touch itself: files, secrets, the network. A product for Swift programs.
    .target(
        name: "GatehouseHosting",
        dependencies: [
            "AuthorizationServer", "DurableLog", "Foundations", "OAuthProtocol", "OAuthState", "OpenSSLCrypto",
            "OutboundHTTP", "ServerConfiguration", "SocketHTTP", "YAMLText", .logging, .serviceLifecycle,
        ],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "ServerCommand",
        dependencies: [
            "AuthorizationServer", "DevelopmentIdentityProvider", "GatehouseHosting", "OAuthClientKit",
            "OAuthState", "OAuthProtocol", "OpenSSLCrypto", "ServerConfiguration", "SocketHTTP", "OutboundHTTP",
            "DurableLog", "Foundations", "UpstreamIdentity", .argumentParser, .httpTypes, .serviceLifecycle,
            .unixSignals, .asyncAlgorithms, .logging,
        ] + allocator,
        swiftSettings: swiftSettings
    ),
    .executableTarget(name: "Gatehouse", dependencies: ["ServerCommand"], swiftSettings: swiftSettings),
    // A program of its own, so that the other one neither builds nor links libpq, and one build makes both.
    .executableTarget(
        name: "GatehousePostgreSQL",
        dependencies: [
            "AuthorizationServer", "GatehouseHosting", "OAuthProtocol", "OAuthState", "OpenSSLCrypto", "OutboundHTTP",
            "PostgreSQLClient", "PostgreSQLStore", "ServerCommand", "ServerConfiguration", .logging,
        ],
        swiftSettings: swiftSettings
    ),
    .target(
        name: "AuthorizationServerTesting",
        dependencies: [
            "AuthorizationServer", "DevelopmentIdentityProvider", "Foundations", "OAuthClientKit", "OAuthState",
            "OAuthProtocol", "OpenSSLCrypto", "ServerConfiguration", "SocketHTTP", "OutboundHTTP", "DurableLog",
            "UpstreamIdentity", .httpTypes, .logging,
        ],
        swiftSettings: swiftSettings
    ),
    // A product of its own: programs that embed the harness are not linked with the testing library.
    .target(
        name: "AuthorizationServerTestTraits",
        dependencies: ["AuthorizationServerTesting"],
        swiftSettings: swiftSettings
    ),
]

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

let testTargets: [Target] = [
    tests("FoundationsTests", ["Foundations"]),
    tests("OpenSSLCryptoTests", ["OpenSSLCrypto"]),
    tests("SocketHTTPTests", ["SocketHTTP", "CLinux", "COpenSSL", .httpTypes, .logging]),
    tests("OutboundHTTPTests", ["OutboundHTTP", "CLinux", .logging]),
    .testTarget(
        name: "DurableLogTests",
        dependencies: ["AuthorizationServerTesting", "DurableLog", "OpenSSLCrypto", .logging],
        exclude: ["Fixtures"],
        swiftSettings: swiftSettings
    ),
    tests("YAMLTextTests", ["YAMLText"]),
    tests("OAuthProtocolTests", ["Foundations", "OAuthProtocol", "OpenSSLCrypto"]),
    tests(
        "OAuthStateTests",
        ["OAuthState", "OAuthProtocol", "OpenSSLCrypto", "DurableLog", "AuthorizationServerTesting", .logging]
    ),
    .testTarget(
        name: "UpstreamIdentityTests",
        dependencies: ["UpstreamIdentity", "OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP", .logging],
        exclude: ["Fixtures"],
        swiftSettings: swiftSettings
    ),
    tests(
        "DevelopmentIdentityProviderTests",
        ["DevelopmentIdentityProvider", "OutboundHTTP", "OAuthProtocol", "OpenSSLCrypto", "SocketHTTP", .logging]
    ),
    tests(
        "AuthorizationServerTests",
        [
            "AuthorizationServer", "AuthorizationServerTestTraits", "AuthorizationServerTesting",
            "DevelopmentIdentityProvider", "DurableLog", "GatehouseVerifier", "OAuthState",
            "OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP", "ServerConfiguration", "SocketHTTP", "UpstreamIdentity",
            .httpTypes, .logging,
        ]
    ),
    .target(
        name: "PostgreSQLTesting",
        dependencies: [
            "DurableLog", "Foundations", "OAuthProtocol", "OAuthState", "OpenSSLCrypto", "PostgreSQLClient",
            "PostgreSQLStore", .logging,
        ],
        path: "Tests/PostgreSQLTesting",
        exclude: ["cluster.py"],
        swiftSettings: swiftSettings
    ),
    tests("PostgreSQLClientTests", ["PostgreSQLClient", "PostgreSQLTesting", .logging]),
    tests(
        "PostgreSQLStoreTests",
        [
            "PostgreSQLStore", "AuthorizationServer", "AuthorizationServerTesting", "DevelopmentIdentityProvider",
            "DurableLog", "Foundations",
            "OAuthState", "OAuthProtocol", "OpenSSLCrypto", "ServerConfiguration", "PostgreSQLClient",
            "PostgreSQLTesting", .logging,
        ]
    ),
    tests("ServerConfigurationTests", ["ServerConfiguration", "OAuthProtocol", "SocketHTTP"]),
    .testTarget(
        name: "ServerCommandTests",
        dependencies: [
            "ServerCommand", "AuthorizationServer", "AuthorizationServerTesting", "DevelopmentIdentityProvider",
            "DurableLog", "GatehouseHosting", "OAuthClientKit", "OAuthProtocol", "OAuthState", "OpenSSLCrypto",
            "OutboundHTTP", "ServerConfiguration", "SocketHTTP", "UpstreamIdentity", .httpTypes, .logging,
            .serviceLifecycle,
        ],
        exclude: ["Explain/Golden"],
        swiftSettings: swiftSettings
    ),
    tests(
        "DurabilityTests",
        [
            "ServerCommand", "AuthorizationServer", "AuthorizationServerTesting", "DevelopmentIdentityProvider",
            "DurableLog", "OAuthState", "OAuthProtocol", "OpenSSLCrypto", "OutboundHTTP", "PostgreSQLTesting",
            "ServerConfiguration", "SocketHTTP", .logging,
        ]
    ),
    tests(
        "SimulationTests",
        [
            "AuthorizationServer", "AuthorizationServerTesting", "DurableLog", "OAuthClientKit", "OAuthProtocol",
            "OAuthState", "OpenSSLCrypto", "OutboundHTTP", "ServerConfiguration", "SocketHTTP", "UpstreamIdentity",
            .httpTypes, .logging,
        ]
    ),
    .target(
        name: "FuzzTargets",
        dependencies: [
            "AuthorizationServer", "DurableLog", "OAuthProtocol", "OAuthState", "OpenSSLCrypto", "ServerConfiguration",
            "SocketHTTP",
        ],
        path: "Tests/FuzzTargets",
        swiftSettings: swiftSettings
    ),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["Corpus"], swiftSettings: swiftSettings),
    tests("GatehouseVerifierTests", ["GatehouseVerifier"]),
    tests("RepositoryTests", []),
    // LoadBenchmarks is run as a program.
    tests("BenchmarkSupportTests", ["BenchmarkSupport", "LoadBenchmarks"]),
    .testTarget(
        name: "EndToEndTests",
        dependencies: ["AuthorizationServerTesting", "OAuthProtocol", "ServerCommand", "SocketHTTP", .httpTypes],
        exclude: ["Python"],
        swiftSettings: swiftSettings
    ),
]

// libFuzzer brings the main function, so this is built with `--sanitize=fuzzer` only (`make fuzz`).
let fuzzDriver: [Target] =
    Context.environment["GATEHOUSE_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "FuzzDriver",
            dependencies: ["Foundations", "FuzzTargets"],
            path: "Tests/FuzzDriver",
            swiftSettings: swiftSettings
        )
    ]

// Each a `swift run -c release NAME` away; BenchmarkSupport is what they share.
let benchmarks: [Target] = [
    .target(
        name: "BenchmarkSupport",
        dependencies: ["AuthorizationServer", "DurableLog", "OAuthProtocol", "OAuthState", "OpenSSLCrypto"],
        path: "Benchmarks/BenchmarkSupport",
        swiftSettings: swiftSettings
    ),
    .executableTarget(
        name: "BenchmarkSummary",
        dependencies: ["BenchmarkSupport", .argumentParser],
        path: "Benchmarks/BenchmarkSummary",
        swiftSettings: swiftSettings
    ),
    .target(name: "CFloorServer", path: "Benchmarks/CFloorServer"),
    .target(name: "CSigningFloor", dependencies: ["COpenSSL"], path: "Benchmarks/CSigningFloor"),
    .executableTarget(
        name: "LoadBenchmarks",
        dependencies: [
            "AuthorizationServer", "AuthorizationServerTesting", "BenchmarkSupport", "CFloorServer", "CJemalloc",
            "CLinux", "COpenSSL", "CSigningFloor", "DevelopmentIdentityProvider", "DurableLog", "OAuthProtocol",
            "OAuthState", "OpenSSLCrypto", "OutboundHTTP", "PostgreSQLClient", "PostgreSQLStore", "PostgreSQLTesting",
            "ServerConfiguration", "SocketHTTP", "UpstreamIdentity", .argumentParser, .histogram,
            .httpTypes, .logging, .numerics,
        ],
        path: "Benchmarks/LoadBenchmarks",
        swiftSettings: swiftSettings
    ),
    .executableTarget(
        name: "ScaleBenchmarks",
        dependencies: [
            "AuthorizationServer", "AuthorizationServerTesting", "BenchmarkSupport", "CJemalloc", "DurableLog",
            "GatehouseVerifier", "OAuthProtocol", "OAuthState",
            "OpenSSLCrypto", "ServerConfiguration", .argumentParser,
        ],
        path: "Benchmarks/ScaleBenchmarks",
        swiftSettings: swiftSettings
    ),
    .executableTarget(
        name: "DurabilityBenchmarks",
        dependencies: [
            "AuthorizationServer", "BenchmarkSupport", "CJemalloc", "DurableLog", "OAuthProtocol", "OAuthState",
            "OpenSSLCrypto", "OutboundHTTP", "ServerConfiguration", "SocketHTTP", .argumentParser, .logging,
        ],
        path: "Benchmarks/DurabilityBenchmarks",
        swiftSettings: swiftSettings
    ),
    .target(name: "CAllocationCount", path: "Benchmarks/CAllocationCount"),
    .executableTarget(
        name: "TokenBenchmarks",
        dependencies: [
            "CAllocationCount", "COpenSSL", "AuthorizationServer", "BenchmarkSupport", "DurableLog", "OAuthProtocol",
            "OAuthState", "OpenSSLCrypto", "OutboundHTTP", "ServerConfiguration", "SocketHTTP", .argumentParser,
            .logging,
        ],
        path: "Benchmarks/TokenBenchmarks",
        swiftSettings: swiftSettings
    ),
]

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["Gatehouse"]),
        .executable(name: "gatehouse-postgresql", targets: ["GatehousePostgreSQL"]),
        .library(name: "AuthorizationServerTesting", targets: ["AuthorizationServerTesting"]),
        .library(name: "AuthorizationServerTestTraits", targets: ["AuthorizationServerTestTraits"]),
        .library(name: "GatehouseHosting", targets: ["GatehouseHosting"]),
        .library(name: "GatehouseVerifier", targets: ["GatehouseVerifier"]),
    ],
    // Exact, those that only other packages use included: two builds of one commit have the same code in them.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: floor0 + floorHalf + floor1 + floor2 + floor3 + floor4 + floor5 + benchmarks + testTargets + fuzzDriver
)
