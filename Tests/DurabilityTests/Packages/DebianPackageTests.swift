import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// The Debian package in a root of its own, which `dpkg` fills without entering it.
    @Suite("The Debian package")
    struct DebianPackageTests {
        private static let source = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

        /// A root directory with a package database and nothing else.
        private struct Root {
            let folder: URL

            init(in folder: URL) throws {
                self.folder = folder.appending(path: "root")
                for name in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"] {
                    try FileManager.default.createDirectory(
                        at: self.folder.appending(path: name),
                        withIntermediateDirectories: true
                    )
                }
                for name in ["status", "available"] {
                    try Data().write(to: self.folder.appending(path: "var/lib/dpkg/" + name))
                }
            }

            func path(_ name: String) -> String { folder.appending(path: name).path() }

            /// Runs dpkg on this root; its scripts run outside and get `DPKG_ROOT`.
            func dpkg(_ arguments: String...) throws {
                try run(
                    ["dpkg", "--root=" + folder.path(), "--force-script-chrootless", "--force-depends"]
                        + ["--force-not-root", "--force-confold"] + arguments
                )
            }

            /// The files, without the package manager's own.
            var files: [String] {
                let walk = FileManager.default.enumerator(atPath: folder.path())?.compactMap { $0 as? String } ?? []
                return walk.filter { name in
                    let type =
                        try? FileManager.default.attributesOfItem(atPath: path(name))[.type] as? FileAttributeType
                    return type != .typeDirectory && !name.hasPrefix("var/lib/dpkg/")
                }
            }
        }

        private static func run(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            process.currentDirectoryURL = source
            // Uncompressed: the debug program is large, and the package lives for seconds.
            process.environment = ProcessInfo.processInfo.environment.merging(["DEB_COMPRESSION": "none"]) { $1 }
            process.standardInput = FileHandle.nullDevice
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Violation("\(arguments.joined(separator: " ")):\n\(String(decoding: output, as: UTF8.self))")
            }
        }

        /// Starts the command of the installed unit, with its paths in the root.
        private static func start(_ root: Root) async throws -> GatehouseProcess {
            let unit = try String(
                contentsOfFile: root.path("usr/lib/systemd/system/gatehouse.service"),
                encoding: .utf8
            )
            let command = try #require(unit.firstMatch(of: /ExecStart=(.+)/)).1.split(separator: " ").map { word in
                word.hasPrefix("/") ? root.path(String(word.dropFirst())) : String(word)
            }
            let server = try GatehouseProcess(Array(command.dropFirst()), program: command.first)
            _ = try await server.ready()
            return server
        }

        @Test("installs, serves a login by its unit's command, upgrades without losing a session, and purges all")
        func life() async throws {
            try await StorageDeployment.run { deployment in
                let root = try Root(in: deployment.folder)
                let (first, second) = ("first.deb", "second.deb")
                for (name, version) in [(first, "0.1.0"), (second, "0.1.1")] {
                    let output = deployment.folder.appending(path: name).path()
                    try Self.run([".ci/make-deb", try GatehouseProcess.executable(), output, version])
                }
                try root.dpkg("--install", deployment.folder.appending(path: first).path())
                let key = root.path("etc/gatehouse/credentials/storage.key")
                let keyText = try String(contentsOfFile: key, encoding: .utf8)
                #expect(keyText.wholeMatch(of: /[0-9a-f]{64}/) != nil)
                let permissions = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions]
                #expect(permissions as? Int == 0o600)
                #expect(try String(contentsOfFile: root.path("etc/passwd"), encoding: .utf8).contains("gatehouse:x:"))

                // The operator's edit of the sample.
                let data = root.path("var/lib/gatehouse")
                let edited = try String(contentsOf: try deployment.configuration(), encoding: .utf8)
                    .replacing(deployment.directory.path(), with: data)
                    .replacing(deployment.keyFile.path(), with: key)
                try Data(edited.utf8).write(to: URL(filePath: root.path("etc/gatehouse/gatehouse.yaml")))

                let server = try await Self.start(root)
                let client = try await deployment.registeredClient(named: "An agent")
                let tokens = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                #expect(await server.stop().status == 0)

                try root.dpkg("--install", deployment.folder.appending(path: second).path())
                #expect(try String(contentsOfFile: key, encoding: .utf8) == keyText)
                let upgraded = try await Self.start(root)
                let refreshed = try await client.refresh(tokens["refresh_token"] ?? "")
                #expect(refreshed.status == 200)
                #expect(await upgraded.stop().status == 0)

                try root.dpkg("--remove", "gatehouse")
                #expect(root.files.contains("var/lib/gatehouse/audit.log"))
                try root.dpkg("--purge", "gatehouse")
                #expect(root.files.filter { $0.contains("gatehouse") }.isEmpty)
                #expect(!(try String(contentsOfFile: root.path("etc/passwd"), encoding: .utf8)).contains("gatehouse"))
            }
        }
    }
}
