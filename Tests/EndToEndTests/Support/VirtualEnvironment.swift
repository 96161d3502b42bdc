import Foundation

/// A Python virtual environment made from one pinned requirements file of `Python/`.
///
/// It lives in the package's folder as `.venv-e2e-…`, named for what is in it, so that the second run makes nothing.
struct VirtualEnvironment: Sendable, CustomStringConvertible {
    /// The file `requirements-NAME.txt` says what is in it.
    let name: String

    /// The official MCP SDK, 1.x.
    static let mcp1 = VirtualEnvironment(name: "mcp1")
    /// The official MCP SDK, 2.x, FastMCP, the OAuth and OpenID clients, the upstream provider, and the JWT libraries.
    static let mcp2 = VirtualEnvironment(name: "mcp2")
    /// The generator of requests from an OpenAPI document.
    static let schemathesis = VirtualEnvironment(name: "schemathesis")
    /// Selenium, which drives a browser.
    static let browser = VirtualEnvironment(name: "browser")
    /// A Go toolchain, whose program is beside the interpreter.
    static let go = VirtualEnvironment(name: "go")

    var description: String { name }

    /// The interpreter, after making the environment where it is not there yet.
    func python() async throws -> URL {
        try await VirtualEnvironments.shared.python(of: self)
    }

    /// Starts a script of `Python/` as a server; returns it and the facts of its ready line.
    func serve(_ script: String, _ arguments: [String] = []) async throws -> (ChildProcess, [String: String]) {
        let child = try await start(script, arguments)
        do {
            let facts = try await child.wait(for: "ready line") { progress in
                progress.lines.lazy.filter { $0.hasPrefix("ready ") }.compactMap {
                    try? JSONDecoder().decode([String: String].self, from: Data($0.dropFirst(6).utf8))
                }.first
            }
            return (child, facts)
        } catch {
            try await child.stop()
            throw error
        }
    }

    /// Runs a script of `Python/` to its end and decodes the JSON it printed.
    func run<Answer: Decodable>(
        _ script: String,
        _ arguments: [String] = [],
        input: Data = Data(),
        within limit: Duration = .seconds(180),
        as answer: Answer.Type
    ) async throws -> Answer {
        let child = try await start(script, arguments, input: input)
        let status: Int32
        do {
            status = try await child.exitStatus(within: limit)
        } catch {
            try await child.stop()
            throw error
        }
        guard status == 0 else {
            throw HarnessError("\(child.name) failed with \(status):\n\(child.progress.everything)")
        }
        return try JSONDecoder().decode(Answer.self, from: child.progress.standardOutput)
    }

    private func start(_ script: String, _ arguments: [String], input: Data? = nil) async throws -> ChildProcess {
        try await ChildProcess(
            name: "\(script) (\(name))",
            executable: python(),
            arguments: [SourceFolder.scripts.appending(path: script).path()] + arguments,
            input: input
        )
    }
}

/// Makes each environment once, whichever test asks first.
private actor VirtualEnvironments {
    static let shared = VirtualEnvironments()

    private var made: [String: Task<URL, any Error>] = [:]

    func python(of environment: VirtualEnvironment) async throws -> URL {
        if let task = made[environment.name] { return try await task.value }
        let task = Task { try await Self.make(environment) }
        made[environment.name] = task
        return try await task.value
    }

    private static func make(_ environment: VirtualEnvironment) async throws -> URL {
        let requirements = SourceFolder.scripts.appending(path: "requirements-\(environment.name).txt")
        let base = URL(filePath: "/usr/bin/env")
        let version = try await run("python3", base, ["python3", "-VV"])
        let key = fingerprint(of: try Data(contentsOf: requirements) + Data(version.utf8))
        let folder = SourceFolder.package.appending(path: ".venv-e2e-\(environment.name)-\(key)")
        let python = folder.appending(path: "bin/python")
        // Written last: an environment whose making was interrupted is made again from nothing.
        let stamp = folder.appending(path: "complete")
        let files = FileManager.default
        if files.fileExists(atPath: stamp.path()), files.isExecutableFile(atPath: python.path()) { return python }

        // What an earlier recipe made, and what an interrupted run left behind.
        let prefix = ".venv-e2e-\(environment.name)-"
        for name in try files.contentsOfDirectory(atPath: SourceFolder.package.path()) where name.hasPrefix(prefix) {
            try files.removeItem(at: SourceFolder.package.appending(path: name))
        }
        do {
            _ = try await run("python3 -m venv", base, ["python3", "-m", "venv", folder.path()])
            let install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
            _ = try await run("pip install", python, install + ["-r", requirements.path()])
            _ = try await run("pip check", python, ["-m", "pip", "check", "--disable-pip-version-check"])
        } catch {
            throw HarnessError(
                """
                The virtual environment for \(requirements.lastPathComponent) cannot be made. The end-to-end tests need \
                python3 (3.10 or newer) with its venv module (Debian: python3-venv) and a reachable package index.
                \(error)
                """
            )
        }
        try Data().write(to: stamp)
        return python
    }

    private static func run(_ name: String, _ executable: URL, _ arguments: [String]) async throws -> String {
        let child = try ChildProcess(name: name, executable: executable, arguments: arguments, input: Data())
        let status = try await child.exitStatus(within: .seconds(480))
        guard status == 0 else { throw HarnessError("\(name) failed with \(status):\n\(child.progress.everything)") }
        return String(decoding: child.progress.standardOutput, as: UTF8.self)
    }

    /// FNV-1a, 64 bits: names a folder after its recipe; nothing secret hangs on it.
    private static func fingerprint(of recipe: Data) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in recipe { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
