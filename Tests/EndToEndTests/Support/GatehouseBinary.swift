import Foundation

/// The program under test: the `gatehouse` product of the build that this test bundle belongs to.
enum GatehouseBinary {
    /// Beside the test bundle; `GATEHOUSE_BINARY` names another one, such as a release build or an installed package.
    static func url() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["GATEHOUSE_BINARY"] { return URL(filePath: path) }
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let url = bundle.deletingLastPathComponent().appending(path: "gatehouse")
        guard FileManager.default.isExecutableFile(atPath: url.path()) else {
            throw HarnessError("no gatehouse at \(url.path()): build the product `gatehouse` first")
        }
        return url
    }

    /// The program for several nodes, of the build that this test bundle belongs to, by its product's or its target's
    /// name.
    static func databaseProgram() throws -> URL {
        let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let candidates = ["gatehouse-postgresql", "GatehousePostgreSQL"].map { folder.appending(path: $0) }
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path()) }) else {
            throw HarnessError("no gatehouse-postgresql in \(folder.path())")
        }
        return found
    }

    /// Starts `gatehouse serve` and waits for the line that says it is ready at `issuer`.
    static func serve(configuration: URL, issuer: String) async throws -> ChildProcess {
        let child = try ChildProcess(
            name: "gatehouse",
            executable: url(),
            arguments: ["serve", "--config", configuration.path()]
        )
        do {
            _ = try await child.wait(for: "line with \(issuer)") { progress in
                progress.lines.first { $0.contains(issuer) }.map(String.init)
            }
        } catch {
            try await child.stop()
            throw error
        }
        return child
    }
}
