import Foundation

/// Runs scripts of `Python/` that are for Node.
enum NodeScript {
    /// Runs a script to its end and decodes the JSON that it printed.
    static func run<Answer: Decodable>(
        _ script: String,
        input: Data,
        within limit: Duration = .seconds(120),
        as answer: Answer.Type
    ) async throws -> Answer {
        let child = try ChildProcess(
            name: script,
            executable: URL(filePath: "/usr/bin/env"),
            // The binding to llhttp alone is not in Node's documented interface.
            arguments: ["node", "--no-deprecation", SourceFolder.scripts.appending(path: script).path()],
            input: input
        )
        let status = try await child.exitStatus(within: limit)
        guard status != 127 else {
            throw HarnessError("This test needs node, 20 or newer (Debian: nodejs).\n\(child.progress.everything)")
        }
        guard status == 0 else { throw HarnessError("\(script) failed with \(status):\n\(child.progress.everything)") }
        return try JSONDecoder().decode(Answer.self, from: child.progress.standardOutput)
    }
}
