import BenchmarkSupport
import Foundation
import Testing

/// A short part of `make bench-hostile`: that nothing legitimate fails and memory stays within its bounds; never how
/// long anything took.
@Suite("Under attack it keeps working", .serialized, .timeLimit(.minutes(10)))
struct HostileLoadTests {
    private static let rows = [
        "slow-connections", "registrations", "authorizations", "forged-tokens", "wrong-codes", "wrong-secrets",
        "rsa-assertions", "oversize", "malformed", "stalled-handshakes", "silent-documents", "held-requests",
    ]

    @Test("no login, refresh or retrieval fails during any attack, and memory stays within the stated bounds")
    func hostileLoad() throws {
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let program = bundle.deletingLastPathComponent().appending(path: "LoadBenchmarks")
        // The program ends with an error after a failure, or memory beyond its bound.
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = [
            "hostile", "--any-core", "--scale", "0.1", "--seconds", "0.2", "--turns", "1", "--json",
        ]
        process.standardOutput = output
        try process.run()
        let json = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let figures = try JSONFigures(json)
        for row in Self.rows {
            #expect(figures["rows/\(row)/failures"] == 0, "\(row)")
            #expect(try #require(figures["rows/\(row)/operations"]) > 0, "\(row)")
            #expect(try #require(figures["rows/\(row)/connections"]) > 0, "\(row)")
            let peak = try #require(figures["rows/\(row)/peak_resident_bytes"])
            #expect(peak <= (try #require(figures["rows/\(row)/resident_bytes_max"])), "\(row)")
        }
    }
}
