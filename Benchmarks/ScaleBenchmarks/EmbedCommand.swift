import ArgumentParser
import AuthorizationServerTesting
import Foundation

/// `ScaleBenchmarks embed`: how long a test waits for a server in its own process, the first time and later.
struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Measure start and shutdown of the server that tests embed: the first, the last, and the median."
    )

    @Option(name: .long, help: "How many servers are started, one after the other; at least 2.")
    var starts = 50

    func validate() throws {
        guard starts >= 2 else { throw ValidationError("--starts must be at least 2") }
    }

    func run() async throws {
        var starting: [Double] = []
        var ending: [Double] = []
        for _ in 0..<starts {
            let begin = ContinuousClock.now
            let server = try await TestServer.start(TestServer.Options())
            let ready = ContinuousClock.now
            await server.shutdown()
            starting.append((ready - begin) / .milliseconds(1))
            ending.append((ContinuousClock.now - ready) / .milliseconds(1))
        }
        let lines = [Self.line("start", starting), Self.line("shutdown", ending)]
        try FileHandle.standardOutput.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    private static func line(_ name: String, _ milliseconds: [Double]) -> String {
        let median = milliseconds.sorted()[milliseconds.count / 2]
        let figures: [Double] = [milliseconds[0], milliseconds[milliseconds.count - 1], median]
        let texts = figures.map { String(format: "%.1f ms", $0) }
        return "\(name): first \(texts[0]), last \(texts[1]), median \(texts[2])"
    }
}
