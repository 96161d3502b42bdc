import Foundation
import OAuthProtocol

/// This program once more, as the server that is measured.
final class ChildServer {
    private let process = Process()
    private let input = Pipe()
    private let lines: AsyncStream<String>

    init(_ arguments: [String]) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let handle = output.fileHandleForReading
        Thread.detachNewThread {
            var pending = Data()
            while case let data = handle.availableData, !data.isEmpty {
                pending += data
                while let end = pending.firstIndex(of: 10) {
                    continuation.yield(String(decoding: pending[..<end], as: UTF8.self))
                    pending = Data(pending[(end + 1)...])
                }
            }
            continuation.finish()
        }
        lines = stream
    }

    /// The next line that it says, a JSON object.
    func line() async throws -> JSONObject {
        for await line in lines { return try JSONParser.parseObject(Array(line.utf8)) }
        throw BenchmarkError("the server process ended")
    }

    func say(_ line: String) {
        input.fileHandleForWriting.write(Data((line + "\n").utf8))
    }

    func end() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}
