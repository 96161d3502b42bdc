import Foundation

/// What one scenario puts up and takes down: programs, a private folder, secrets in files.
final class Stage {
    /// Readable for this user alone; gone when the scenario ends.
    let folder: URL
    private var children: [ChildProcess] = []

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Runs `body`, then stops every program and removes the folder, whether `body` throws or not.
    ///
    /// When it throws, the error carries what the programs said.
    static func run(_ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage()
        // A leftover in the temporary directory does no harm.
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        do {
            try await body(stage)
        } catch {
            try await stage.clear()
            throw HarnessError("\(error)\n\(stage.said)")
        }
        try await stage.clear()
    }

    private func clear() async throws {
        for child in children.reversed() { try await child.stop() }
    }

    /// All that the programs wrote.
    private var said: String {
        children.map { "--- \($0.name) said:\n\($0.progress.everything.suffix(20_000))" }.joined(separator: "\n")
    }

    /// Starts a server of `Python/`; returns what its ready line says.
    func serve(
        _ script: String,
        _ arguments: [String] = [],
        in environment: VirtualEnvironment = .mcp2
    ) async throws -> [String: String] {
        let (child, facts) = try await environment.serve(script, arguments)
        children.append(child)
        return facts
    }

    /// A loopback address of its own for a server that is started later and whose address is known before.
    func reserveAddress() async throws -> String {
        guard let port = try await serve("port_reservation.py")["port"] else { throw HarnessError("no port") }
        return "127.0.0.1:\(port)"
    }

    /// Starts Gatehouse with a configuration.
    func gatehouse(_ configuration: String, issuer: String) async throws -> ChildProcess {
        let file = try write(configuration, to: "gatehouse.yaml")
        let child = try await GatehouseBinary.serve(configuration: file, issuer: issuer)
        children.append(child)
        return child
    }

    /// Writes a file that only this user may read.
    func write(_ text: String, to name: String) throws -> URL {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path())
        return file
    }

    /// A random secret in a file of its own.
    func secret(_ name: String) throws -> (value: String, path: String) {
        let value = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        return (value, try write(value + "\n", to: name).path())
    }

    /// A signing key in a file, so that a test can sign what the server would have signed at another time.
    func signingKey() async throws -> URL {
        struct Key: Decodable {
            let pem: String
        }
        return try write(await VirtualEnvironment.mcp2.run("signing_key.py", as: Key.self).pem, to: "signing.pem")
    }
}
