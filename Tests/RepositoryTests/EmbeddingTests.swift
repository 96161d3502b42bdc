import Foundation
import Testing

/// README's example of embedding: other packages' tests see public declarations only, which no test of this package
/// can.
@Suite("Another package can embed the server as README says")
struct EmbeddingTests {
    @Test("README's example compiles in a package of another name, and what is ours alone does not")
    func readmeExample() throws {
        let example = try #require(Self.example)
        #expect(example.contains("server.advance(by:"))
        #expect(try Self.compiles(example))
        #expect(try !Self.compiles(example.replacing("server.advance(by:", with: "server.clock.advance(by:")))
    }

    /// Every part of the harness that its documentation names, as another package writes it.
    private static let harness = """
        import AuthorizationServerTestTraits
        import Testing

        let trait: GatehouseTrait = .gatehouse(TestServer.Options(resource: "https://a.example/mcp"), shared: true)
        let plain: GatehouseTrait = .gatehouse

        func test() async throws {
            let server = try TestServer.current
            var options = TestServer.Options()
            options.furtherUpstreams = [TestServer.Upstream("git", like: .githubApp)]
            options.users = [TestServer.User("linus", claims: ["groups": ["kernel"]])]
            let token = try await server.issueToken(subject: "ada", scopes: ["mcp:read"], claims: ["beta": true])
            _ = try server.mint(.expired, claims: ["groups": ["a", "b"]])
            try server.requireAcceptable(token)
            try server.fail(.tooManyRequests(retryAfter: 30), upstream: "corp", times: 2)
            let held = try server.hold(at: .token)
            try await held.waitUntilHeld()
            held.release()
            server.clearFaults()
            let client = try OAuthTestClient.published(at: server)
            try await client.exchange(token).require(200)
            let requests: [RecordedRequest] = try await server.waitForUpstreamRequests(1, at: .token)
            let answers: [AnsweredRequest] = server.requests(route: "token")
            _ = (requests.first?["grant_type"], answers.first?.status, options.start, server.upstreamNames)
            try server.expireUpstreamTokens()
            try await server.revokeAtUpstream("ada")
        }
        """

    @Test("the whole harness and its trait compile in a package of another name; what is ours alone, not")
    func harnessProduct() throws {
        #expect(try Self.compiles(Self.harness))
        for intrusion in ["server.clearFaults()", "held.release()"] {
            let intruding = Self.harness.replacing(intrusion, with: "_ = server.embedding")
            #expect(intruding != Self.harness)
            #expect(try !Self.compiles(intruding))
        }
        let package = Self.harness.replacing("server.clearFaults()", with: "_ = server.provider.issuer")
        #expect(try !Self.compiles(package))
    }

    @Test("README's program with the production server compiles in a package of another name; what is ours alone, not")
    func hosting() throws {
        let program = try #require(Self.code(of: "## Embed the server in a Swift program"))
        #expect(program.contains("GatehouseService(configuration: configuration)"))
        #expect(try Self.compiles(program))
        let intruding = program.replacing("configuration.issuer", with: "configuration.loaded")
        #expect(intruding != program)
        #expect(try !Self.compiles(intruding))
    }

    /// The first Swift code of a section of README.
    private static func code(of heading: String) -> String? {
        guard let readme = SourceTree.text("README.md"), let section = readme.range(of: heading),
            let start = readme.range(of: "```swift\n", range: section.upperBound..<readme.endIndex),
            let end = readme.range(of: "```", range: start.upperBound..<readme.endIndex)
        else { return nil }
        return String(readme[start.upperBound..<end.lowerBound])
    }

    /// The example's code, as a program.
    private static var example: String? {
        guard let code = code(of: "## Embed it in tests") else { return nil }
        let lines = code.split(separator: "\n").map(String.init)
        let body = lines.filter { !$0.hasPrefix("import ") }.joined(separator: "\n")
        // The compiler is called without the test library.
        return "import AuthorizationServerTesting\nfunc example() async throws {\n\(body)\n}\n"
            .replacing("#expect(", with: "precondition(")
    }

    /// Whether the compiler takes the text, with the modules that this build has made.
    private static func compiles(_ text: String) throws -> Bool {
        let build = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-embedding-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "main.swift")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "swiftc", "-typecheck", "-swift-version", "6", "-package-name", "elsewhere",
                "-module-cache-path", folder.appending(path: "cache").path(),
                "-I", build.appending(path: "Modules").path(),
            ] + (try moduleMaps(build)).flatMap { ["-Xcc", "-fmodule-map-file=" + $0] } + [file.path()]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static func moduleMaps(_ build: URL) throws -> [String] {
        let ours = SourceTree.committedPaths.filter { $0.hasPrefix("Sources/") && $0.hasSuffix("/module.modulemap") }
            .map { SourceTree.root.appending(path: $0).path() }
        let made = try FileManager.default.contentsOfDirectory(at: build, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "build" }.map { $0.appending(path: "module.modulemap").path() }
        return (ours + made + foreign(build)).filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// The maps of C targets in packages that ours depend on, which bring them in their sources.
    private static func foreign(_ build: URL) -> [String] {
        let checkouts = build.deletingLastPathComponent().deletingLastPathComponent().appending(path: "checkouts")
        // A folder that is missing has no map; the compiler then names the module.
        let packages = (try? FileManager.default.contentsOfDirectory(atPath: checkouts.path())) ?? []
        return packages.flatMap { package in
            let sources = checkouts.appending(path: "\(package)/Sources")
            // As above.
            let targets = (try? FileManager.default.contentsOfDirectory(atPath: sources.path())) ?? []
            return targets.map { sources.appending(path: "\($0)/include/module.modulemap").path() }
        }
    }
}
