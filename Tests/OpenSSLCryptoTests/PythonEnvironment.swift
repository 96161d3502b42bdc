import Foundation
import Testing

/// A Python with the `cryptography` package, made once in `.venv-crypto` of the package's folder.
///
/// It fails, and with it its tests, when it cannot be made: a check that is skipped proves nothing.
struct PythonEnvironment {
    static let packageVersion = "46.0.7"
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".venv-crypto").path

    /// Makes the environment unless it is there; test processes that want it at once take turns.
    init() async throws {
        let script = """
            set -e
            mkdir -p "$1"
            exec 9> "$1/.lock"
            flock 9
            if [ ! -e "$1/.ready-$2" ]; then
                python3 -m venv "$1"
                "$1/bin/pip" install --quiet --disable-pip-version-check "cryptography==$2"
                touch "$1/.ready-$2"
            fi
            """
        _ = try await output(of: "/bin/sh", ["-c", script, "sh", Self.folder, Self.packageVersion], input: Data())
    }

    /// Runs a Python program that reads one JSON value and writes one.
    func answer<Answer: Decodable>(of program: String, to question: some Encodable) async throws -> Answer {
        let input = try JSONEncoder().encode(question)
        let output = try await output(of: Self.folder + "/bin/python", ["-c", program], input: input)
        return try JSONDecoder().decode(Answer.self, from: output)
    }
}

/// What a program writes to its standard output; fails with its standard error when it does not exit with 0.
private func output(of program: String, _ arguments: [String], input: Data) async throws -> Data {
    // Files instead of pipes: no program waits for a reader.
    let folder = FileManager.default.temporaryDirectory.appending(path: "crypto-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary directory does no harm.
    let files = try ["in", "out", "err"].map { name in
        let file = folder.appending(path: name)
        try (name == "in" ? input : Data()).write(to: file)
        return file
    }
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    let complaint = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    try #require(status == 0, "\(program) failed: \(complaint)")
    return try Data(contentsOf: files[1])
}
