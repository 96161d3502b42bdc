import BenchmarkSupport
import Foundation

/// The product itself, from `exec` to ready, with an empty storage directory.
enum StartMeasurement {
    private static let runCount = 9

    static func measure(into report: inout ScaleReport) throws {
        let program = try SiblingProgram.path("gatehouse")
        var milliseconds: [Double] = []
        var resident: [Double] = []
        for _ in 0..<runCount {
            let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-start-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }  // a leftover costs room only
            let configuration = folder.appending(path: "gatehouse.yaml")
            try Data(text(folder).utf8).write(to: configuration)
            let start = try Start(program, configuration)
            milliseconds.append(start.milliseconds)
            resident.append(Double(start.residentBytes) / 1e6)
        }
        report.add("start_empty", "start to ready, empty storage, median", median(milliseconds), "ms")
        report.add("idle_resident", "resident memory, idle", median(resident), "MB")
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func text(_ folder: URL) -> String {
        """
        issuer: http://127.0.0.1:18080
        listen:
          - address: 127.0.0.1:0
        management: {address: "127.0.0.1:0"}
        storage: {directory: "\(folder.appending(path: "data").path())"}
        scopes: [openid, offline_access, "mcp:read"]
        resources:
          - uri: https://mcp.example.com/mcp
            scopes: ["mcp:read"]
        """
    }

    /// One start of the program.
    private struct Start {
        let milliseconds: Double
        let residentBytes: Int

        init(_ program: String, _ configuration: URL) throws {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: program)
            process.arguments = ["serve", "--config", configuration.path(), "--log-level", "error"]
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            let start = ContinuousClock.now
            try process.run()
            var text = ""
            while !text.contains("gatehouse is ready") {
                let data = output.fileHandleForReading.availableData
                guard !data.isEmpty else { throw BenchmarkError("gatehouse did not start: \(text)") }
                text += String(decoding: data, as: UTF8.self)
            }
            milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            // Only after the background work of a start: the memory then remains.
            usleep(200_000)
            residentBytes = try ProcessUsage.current(of: process.processIdentifier).residentBytes
            // Children of Foundation's `Process` inherit blocked signals; this one cannot be blocked.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }
}
