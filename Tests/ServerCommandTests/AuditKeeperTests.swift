import DurableLog
import Foundation
import OAuthProtocol
import OpenSSLCrypto
import Synchronization
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The files of the audit trail")
struct AuditKeeperTests {
    private static let key = AuditCheckpointKey(HMACSHA256Key(Array("a key of thirty-two bytes, or so".utf8)))

    /// A directory, a clock that tests move, and what was reported.
    private final class Scene: Sendable {
        let directory: String
        let time = Mutex(Timestamp(secondsSinceEpoch: 1_795_000_000))
        let reports = Mutex<[String]>([])

        init() throws {
            directory = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID().uuidString)").path()
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }

        deinit {
            // A leftover does no harm.
            try? FileManager.default.removeItem(atPath: directory)
        }

        var path: String { directory + "/audit.log" }

        func keeper(_ rotation: AuditKeeper.Rotation = .init(), isKeyed: Bool = true) -> AuditKeeper {
            let keeper = AuditKeeper(
                directory: directory,
                rotation: rotation,
                now: { self.time.withLock { $0 } },
                report: { text in self.reports.withLock { $0.append(text) } }
            )
            if isKeyed { keeper.seal(with: AuditKeeperTests.key) }
            return keeper
        }

        /// Writes lines as a process of its own does, each after the one before is in the file.
        func write(_ numbers: Range<Int>, _ rotation: AuditKeeper.Rotation = .init(), isKeyed: Bool = true) throws {
            let keeper = keeper(rotation, isKeyed: isKeyed)
            var file = try AppendingFile(path: path)
            for number in numbers {
                try Self.put(keeper.outgoing(line(number)), file)
                if let next = keeper.successor() { file = next }
                time.withLock { $0 = $0 + .seconds(1) }
            }
            let last = keeper.closing()
            if !last.isEmpty { try Self.put(last, file) }
        }

        func line(_ number: Int) -> [UInt8] {
            let now = time.withLock { $0.rfc3339 }
            return Array(#"{"time":"\#(now)","event":"token.issued","jti":"\#(number)"}"#.utf8) + [0x0A]
        }

        static func put(_ bytes: [UInt8], _ file: AppendingFile) throws {
            var left = bytes[...]
            while !left.isEmpty { left = left.dropFirst(try file.append(left)) }
        }

        func verification() throws -> AuditVerification {
            var verification = AuditVerification(keys: [AuditKeeperTests.key])
            for path in AuditFiles.paths(in: directory) {
                var number = 0
                try AuditFile(path: path).forEachLine { line in
                    number += 1
                    verification.add(line, at: .init(file: path, line: number))
                }
            }
            verification.end()
            return verification
        }

        func events() throws -> [String] {
            var found: [String] = []
            for path in AuditFiles.paths(in: directory) {
                try AuditFile(path: path).forEachLine { line in
                    if let jti = AuditEntry(line)?["jti"], !jti.isEmpty { found.append(jti) }
                }
            }
            return found
        }
    }

    @Test("the chain goes on over restarts, behind lines of earlier versions and behind a torn line")
    func restarts() throws {
        let scene = try Scene()
        let old = try AppendingFile(path: scene.path)
        try Scene.put(scene.line(0), old)
        try scene.write(1..<4)
        try scene.write(4..<6)
        try Scene.put(Array(scene.line(6).prefix(30)), old)
        try scene.write(7..<9)
        let verification = try scene.verification()
        #expect(verification.finding == nil)
        #expect(verification.earlierCount == 1 && verification.tornCount == 1 && verification.uncoveredCount == 0)
        #expect(try scene.events() == ["0", "1", "2", "3", "4", "5", "7", "8"])
        #expect(scene.reports.withLock { $0.isEmpty })
    }

    @Test("a process that writes no line touches no file")
    func untouched() throws {
        let scene = try Scene()
        let file = try AppendingFile(path: scene.path)
        try Scene.put(Array("half a line".utf8), file)
        let keeper = scene.keeper()
        #expect(keeper.outgoing([]).isEmpty && keeper.closing().isEmpty && keeper.successor() == nil)
        #expect(try String(contentsOfFile: scene.path, encoding: .utf8) == "half a line")
    }

    @Test("a file is full at its size; the chain goes on in the next, and the oldest are removed")
    func rotatesBySize() throws {
        let scene = try Scene()
        try scene.write(0..<40, .init(byteCountMax: 1000))
        let all = AuditFiles.rotated(in: scene.directory)
        #expect(all.count >= 4)
        #expect(try scene.verification().finding == nil)
        #expect(try scene.events() == (0..<40).map(String.init))
        for path in all {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            #expect(size.map { $0 >= 1000 && $0 < 1600 } == true)
        }
        try scene.write(40..<60, .init(byteCountMax: 1000, keptCount: 2))
        #expect(AuditFiles.rotated(in: scene.directory).count == 2)
        let kept = try scene.verification()
        #expect(kept.finding == nil && kept.continuesEarlierFile)
    }

    @Test("a file is full at the age of its first event, which a restart remembers")
    func rotatesByAge() throws {
        let scene = try Scene()
        let rotation = AuditKeeper.Rotation(ageMax: .seconds(60))
        try scene.write(0..<30, rotation)
        #expect(AuditFiles.rotated(in: scene.directory).isEmpty)
        try scene.write(30..<70, rotation)
        #expect(AuditFiles.rotated(in: scene.directory).count == 1)
        #expect(try scene.verification().finding == nil)
        #expect(try scene.events() == (0..<70).map(String.init))
    }

    @Test("the chain goes on in a new file whose predecessor another program renamed, also over a restart")
    func renamedByOthers() throws {
        let scene = try Scene()
        try scene.write(0..<3)
        try FileManager.default.moveItem(atPath: scene.path, toPath: scene.path + ".1")
        try scene.write(3..<6)
        var verification = AuditVerification(keys: [Self.key])
        for path in [scene.path + ".1", scene.path] {
            try AuditFile(path: path).forEachLine { verification.add($0, at: .init(file: path, line: 1)) }
        }
        verification.end()
        #expect(verification.finding == nil && !verification.continuesEarlierFile)
    }

    @Test("a rotation that fails is reported, loses nothing, and is not tried again at once")
    func failedRotation() throws {
        let scene = try Scene()
        let keeper = scene.keeper(.init(byteCountMax: 10))
        let file = try AppendingFile(path: scene.path)
        try Scene.put(keeper.outgoing(scene.line(0)), file)
        try FileManager.default.removeItem(atPath: scene.path)
        #expect(keeper.successor() == nil && keeper.successor() == nil)
        #expect(scene.reports.withLock { $0.count } == 1)
    }

    @Test("a rotation that cannot open another file leaves the present one its name, and succeeds later")
    func failedOpening() throws {
        let scene = try Scene()
        let hasFailed = Mutex(false)
        let keeper = AuditKeeper(
            directory: scene.directory,
            rotation: .init(byteCountMax: 10),
            now: { scene.time.withLock { $0 } },
            open: { path throws(FileSystemError) in
                let fails = hasFailed.withLock { hasFailed in
                    defer { hasFailed = true }
                    return !hasFailed
                }
                if fails { throw FileSystemError(operation: "open", path: path, code: EMFILE) }
                return try AppendingFile(path: path)
            },
            report: { text in scene.reports.withLock { $0.append(text) } }
        )
        keeper.seal(with: Self.key)
        let file = try AppendingFile(path: scene.path)
        try Scene.put(keeper.outgoing(scene.line(0)), file)
        #expect(keeper.successor() == nil)
        #expect(scene.reports.withLock { $0.count } == 1)
        #expect(AuditFiles.rotated(in: scene.directory).isEmpty)
        #expect(try scene.events() == ["0"])

        scene.time.withLock { $0 = $0 + .seconds(61) }
        try Scene.put(keeper.outgoing(scene.line(1)), file)
        let next = try #require(keeper.successor())
        try Scene.put(keeper.outgoing(scene.line(2)), next)
        #expect(AuditFiles.rotated(in: scene.directory).count == 1)
        #expect(try scene.events() == ["0", "1", "2"])
        #expect(try scene.verification().finding == nil)
        #expect(scene.reports.withLock { $0.count } == 1)
    }

    @Test("the writer links lines in the order in which they go out, and its end has a checkpoint")
    func writer() throws {
        let scene = try Scene()
        let writer = LineWriter(try AppendingFile(path: scene.path), policy: .keep, keeper: scene.keeper())
        for number in 0..<200 { writer.write(scene.line(number)) }
        writer.close()
        writer.write(scene.line(200))
        let verification = try scene.verification()
        #expect(verification.finding == nil && verification.checkpointCount >= 1 && verification.uncoveredCount == 1)
        #expect(try scene.events() == (0...200).map(String.init))
    }

    @Test("lines that come while the writer ends are linked in the order in which they are in the file")
    func whileItEnds() throws {
        for _ in 0..<20 {
            let scene = try Scene()
            let writer = LineWriter(try AppendingFile(path: scene.path), policy: .keep, keeper: scene.keeper())
            let begun = DispatchSemaphore(value: 0)
            let done = DispatchSemaphore(value: 0)
            let thread = Thread {
                for number in 0..<400 {
                    writer.write(scene.line(number))
                    if number == 100 { begun.signal() }
                }
                done.signal()
            }
            thread.start()
            begun.wait()
            writer.close()
            done.wait()
            #expect(try scene.verification().finding == nil)
            let numbers = try scene.events().compactMap { Int($0) }
            #expect(numbers.count > 100 && numbers == numbers.sorted())
        }
    }

    @Test("names sort by time, and other files are not among the trail's")
    func names() throws {
        let scene = try Scene()
        let name = AuditFiles.rotatedName(Timestamp(secondsSinceEpoch: 1_795_000_000))
        #expect(name.wholeMatch(of: /audit-\d{8}T\d{6}\.\d{3}Z\.log/) != nil)
        for other in ["audit-1.log", "audit.log.1", "audit-20261130T100000.000Z.log.gz", name] {
            try Data("{}\n".utf8).write(to: URL(filePath: scene.directory + "/" + other))
        }
        #expect(
            AuditFiles.paths(in: scene.directory).map { $0.split(separator: "/").last ?? "" } == [
                name[...], "audit.log",
            ]
        )
    }
}
