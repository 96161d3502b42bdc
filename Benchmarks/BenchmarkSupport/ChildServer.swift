package import Foundation
package import OAuthProtocol

/// This program in a second process, as the server to measure.
package final class ChildServer {
    private let process = Process()
    private let input = Pipe()
    private let lines: AsyncStream<String>

    /// Starts this program with other arguments, or another build of it; on one processor if one is given.
    package init(_ arguments: [String], program: URL? = nil, processor: Int? = nil) throws {
        let output = Pipe()
        let program = program ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        if let processor {
            process.executableURL = URL(filePath: "/usr/bin/taskset")
            process.arguments = ["--cpu-list", "\(processor)", program.path()] + arguments
        } else {
            process.executableURL = program
            process.arguments = arguments
        }
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

    /// Its process number.
    package var processID: Int32 { process.processIdentifier }

    /// The next line of its output, a JSON object.
    package func line() async throws -> JSONObject {
        for await line in lines { return try JSONParser.parseObject(Array(line.utf8)) }
        throw BenchmarkError("the server process ended")
    }

    /// Sends it a line.
    package func say(_ line: String) {
        input.fileHandleForWriting.write(Data((line + "\n").utf8))
    }

    /// Closes its input, which ends it, and waits for that.
    package func end() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}
