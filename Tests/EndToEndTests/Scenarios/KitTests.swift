import Foundation
import Testing

extension EndToEndTests {
    /// What authors of MCP servers install: the kits of `Kits/`, before the built program.
    @Suite("Kits for MCP servers")
    struct KitTests {
        private static let kits = SourceFolder.package.appending(path: "Kits")

        @Test("the Python wheels build, and the example server passes its tests with the pytest plugin")
        func python() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-kits-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // A temporary folder that stays behind fails nothing.
            defer { try? FileManager.default.removeItem(at: folder) }
            let sources = ["python", "python-testing"].map { folder.appending(path: $0) }
            for source in sources {
                // The build writes beside the sources.
                try FileManager.default.copyItem(at: Self.kits.appending(path: source.lastPathComponent), to: source)
            }
            let python = try await VirtualEnvironment.mcp2.python()
            let wheels = folder.appending(path: "wheels").path()
            let installed = folder.appending(path: "installed").path()
            let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
            try await run(
                "pip wheel",
                python,
                pip + ["wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", wheels] + sources.map { $0.path() }
            )
            let files = try FileManager.default.contentsOfDirectory(atPath: wheels).map { wheels + "/" + $0 }
            #expect(files.count == 2)
            try await run("pip install", python, pip + ["install", "--no-deps", "--target", installed] + files)
            var environment = ChildEnvironment.variables
            environment["PYTHONPATH"] = installed
            environment["GATEHOUSE_BINARY"] = try GatehouseBinary.url().path()
            // The example, which the plugin's tests use, is found from their place in the repository.
            let tests = ["python", "python-testing"].map { folder.appending(path: "\($0)/tests").path() }
            environment["KIT_FIXTURES"] = Self.kits.appending(path: "fixtures/access-tokens.json").path()
            let output = try await run(
                "pytest",
                python,
                ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"] + tests,
                environment: environment
            )
            #expect(output.contains(" passed") && !output.contains("skipped"), "\(output)")
            try await example(folder.appending(path: "python-testing/example"), python, environment)
        }

        /// The example project of the pytest package: alone, and by eight workers, each with servers of its own.
        private func example(_ folder: URL, _ python: URL, _ environment: [String: String]) async throws {
            let arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", folder.path()]
            for workers in [[], ["-n", "8"]] {
                let output = try await run(
                    "pytest example",
                    python,
                    arguments + workers,
                    environment: environment,
                    within: .seconds(900)
                )
                #expect(output.contains("15 passed") && !output.contains("failed"), "\(output)")
            }
        }

        @Test("README shows the example that the tests run")
        func readme() throws {
            let readme = try String(contentsOf: SourceFolder.package.appending(path: "README.md"), encoding: .utf8)
            let file = Self.kits.appending(path: "python/examples/github_server.py")
            let example = try String(contentsOf: file, encoding: .utf8)
            let start = try #require(example.range(of: "gatehouse = Gatehouse("))
            let end = try #require(example.range(of: "\n\napp = "))
            #expect(readme.contains(example[start.lowerBound..<end.lowerBound]))
        }

        @Test("the JavaScript module reaches the verdict of every policy fixture, and serves the built program's users")
        func javaScript() async throws {
            var environment = ChildEnvironment.variables
            environment["GATEHOUSE_BINARY"] = try GatehouseBinary.url().path()
            let folder = Self.kits.appending(path: "typescript/test")
            let tests = ["fixtures", "revocations", "server"].map { folder.appending(path: $0 + ".test.js").path() }
            let output = try await run(
                "node",
                URL(filePath: "/usr/bin/env"),
                ["node", "--test"] + tests,
                environment: environment
            )
            #expect(output.contains("pass 17") && output.contains("fail 0"), "\(output)")
        }

        @Test("the Go package reaches the verdict of every policy fixture, and serves the built program's users")
        func go() async throws {
            let programs = try await VirtualEnvironment.go.python().deletingLastPathComponent()
            let folder = programs.deletingLastPathComponent()
            var environment = ChildEnvironment.variables
            environment["GATEHOUSE_BINARY"] = try GatehouseBinary.url().path()
            environment["PATH"] = programs.path() + ":" + (environment["PATH"] ?? "")
            // What is compiled remains for the next run; nothing is downloaded.
            environment["GOCACHE"] = folder.appending(path: "cache").path()
            environment["GOPATH"] = folder.appending(path: "path").path()
            environment["GOTOOLCHAIN"] = "local"
            environment["GOPROXY"] = "off"
            let output = try await run(
                "go test",
                URL(filePath: "/usr/bin/env"),
                ["go", "test", "-C", Self.kits.appending(path: "go").path(), "-count=1", "-v", "./..."],
                environment: environment
            )
            let passed = output.split(separator: "\n").filter { $0.hasPrefix("--- PASS") }
            #expect(passed.count == 19 && !output.contains("--- SKIP"), "\(output)")
        }

        @discardableResult
        private func run(
            _ name: String,
            _ executable: URL,
            _ arguments: [String],
            environment: [String: String] = ChildEnvironment.variables,
            within limit: Duration = .seconds(300)
        ) async throws -> String {
            let child = try ChildProcess(
                name: name,
                executable: executable,
                arguments: arguments,
                environment: environment,
                input: Data()
            )
            let status: Int32
            do {
                status = try await child.exitStatus(within: limit)
            } catch {
                try await child.stop()
                throw error
            }
            guard status == 0 else {
                throw HarnessError("\(name) failed with \(status):\n\(child.progress.everything)")
            }
            return child.progress.everything
        }
    }
}
