import Foundation
import OAuthProtocol
import OAuthState
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("What an audit trail says has ended")
struct AuditTrailEndingsTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "endings-\(UUID().uuidString)")
    private let sessions = (0..<3).map { SessionID(value: Bits128(UInt64($0 + 1))) }

    /// A trail whose three files end a session each, oldest first.
    private func paths() throws -> [String] {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try sessions.enumerated().map { index, session in
            let time = "2026-11-30T1\(index):00:00.000Z"
            let path = directory.appending(path: "\(index).log").path()
            let line = #"{"time":"\#(time)","event":"session.revoked","tsid":"\#(session.text)"}"# + "\n"
            try Data(line.utf8).write(to: URL(filePath: path))
            return path
        }
    }

    @Test("is united over all files that rotation left; a missing file has no events")
    func severalFiles() throws {
        // A leftover does no harm.
        defer { try? FileManager.default.removeItem(at: directory) }
        let paths = try paths() + [directory.appending(path: "missing.log").path()]
        let endings = try AuditTrailEndings.read(paths, since: "2026-11-30T00:00:00.000Z")
        #expect(endings.sessions == Set(sessions))
        #expect(endings.lastTime == "2026-11-30T12:00:00.000Z")
        let later = try AuditTrailEndings.read(paths, since: "2026-11-30T11:00:00.000Z")
        #expect(later.sessions == Set(sessions.dropFirst()))
        #expect(try AuditTrailEndings.read([], since: "2026-11-30T00:00:00.000Z") == AuditTrailEndings())
    }

    @Test("is read from the end of the trail: the bound counts the bytes of all files")
    func bound() throws {
        // A leftover does no harm.
        defer { try? FileManager.default.removeItem(at: directory) }
        let paths = try paths()
        let byteCount = try Data(contentsOf: URL(filePath: paths[2])).count
        for (count, expected) in [(0, 0), (byteCount - 1, 0), (byteCount, 1), (2 * byteCount, 2), (3 * byteCount, 3)] {
            let endings = try AuditTrailEndings.read(paths, since: "2026-11-30", byteCountMax: count)
            #expect(endings.sessions == Set(sessions.suffix(expected)))
        }
    }
}
