import AuthorizationServerTesting
import DurableLog
import Testing

@Suite("Damaged journals", .timeLimit(.minutes(10)))
struct JournalDamageTests {
    @Test("any flipped bit of any byte stops the start, and the error names the file and a place before the byte")
    func flippedBytes() async throws {
        let disk = try await DamagedFiles.journal(records: 3)
        let path = DamagedFiles.segment(1)
        let count = try #require(disk[path]).count
        for index in 0..<count {
            for mask in [UInt8(0x01), 0x80, 0xFF] {
                let outcome = try await DamagedFiles.open(try DamagedFiles.disk(disk, path) { $0[index] ^= mask })
                let damage = try #require(outcome.damage, "byte \(index), mask \(mask)")
                #expect(damage.file == DamagedFiles.name(path))
                #expect(damage.offset <= index)
                #expect("\(damage)".contains("--accept-loss \(damage.file)"))
            }
        }
    }

    @Test("any truncation of the newest segment recovers a prefix or is refused")
    func truncatedNewest() async throws {
        let disk = try await DamagedFiles.journal(records: 3)
        let path = DamagedFiles.segment(1)
        let bytes = try #require(disk[path])
        let ends = DamagedFiles.records(in: bytes).map(\.upperBound)
        for count in 0..<bytes.count {
            let outcome = try await DamagedFiles.open(
                try DamagedFiles.disk(disk, path) { $0 = Array($0.prefix(count)) }
            )
            if count < 96 {
                #expect(outcome.damage != nil)
            } else {
                let whole = ends.count { $0 <= count }
                #expect(outcome.records == Array([1, 2, 3].prefix(whole)))
                // A record that is cut within is reported; a cut between two cannot be distinguished from the end.
                #expect((outcome.report?.tornTail != nil) == (count != 96 && !ends.contains(count)))
            }
        }
    }

    @Test("a record that was half written when the power went is cut off and reported, wherever it stopped")
    func tornTail() async throws {
        let disk = try await DamagedFiles.journal(records: 3)
        let path = DamagedFiles.segment(1)
        let bytes = try #require(disk[path])
        let last = try #require(DamagedFiles.records(in: bytes).last)
        for count in last.lowerBound..<last.upperBound {
            let outcome = try await DamagedFiles.open(
                try DamagedFiles.disk(disk, path) { $0 = $0.prefix(count) + [UInt8](repeating: 0, count: 3000) }
            )
            #expect(outcome.records == [1, 2])
            #expect((outcome.report?.tornTail?.offset) == (count == last.lowerBound ? nil : UInt64(last.lowerBound)))
        }
    }

    @Test("a record that a later one knows to be on the disk is never taken for a torn end")
    func zeroedRecord() async throws {
        let disk = try await DamagedFiles.journal(records: 4)
        let path = DamagedFiles.segment(1)
        let records = DamagedFiles.records(in: try #require(disk[path]))
        for index in 0..<3 {
            let range = records[index]
            let outcome = try await DamagedFiles.open(
                try DamagedFiles.disk(disk, path) {
                    $0.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
                }
            )
            #expect(outcome.damage?.offset == UInt64(range.lowerBound))
        }
    }

    @Test("records that are exchanged, repeated, left out or brought from another segment are refused")
    func rearranged() async throws {
        let disk = try await DamagedFiles.journal(records: 4)
        let other = try await DamagedFiles.journal(records: 4)
        let path = DamagedFiles.segment(1)
        let bytes = try #require(disk[path])
        let records = DamagedFiles.records(in: bytes)
        let otherBytes = try #require(other[path])
        let head = Array(bytes[..<96])
        let parts = records.map { Array(bytes[$0]) }
        let otherParts = DamagedFiles.records(in: otherBytes).map { Array(otherBytes[$0]) }
        let arrangements: [(String, [UInt8])] = [
            ("exchanged", head + parts[1] + parts[0] + parts[2] + parts[3]),
            ("repeated", head + parts[0] + parts[0] + parts[1] + parts[2]),
            ("repeated at the end", head + parts[0] + parts[1] + parts[1]),
            ("left out", head + parts[0] + parts[2] + parts[3]),
            ("first left out", head + parts[1] + parts[2] + parts[3]),
            ("from another segment", head + parts[0] + otherParts[1] + parts[2] + parts[3]),
            ("last from another segment", head + parts[0] + parts[1] + parts[2] + otherParts[3]),
            ("under another header", Array(otherBytes[..<96]) + parts[0] + parts[1]),
            ("appended to", bytes + Array("garbage that is not zero, and longer than a header".utf8)),
        ]
        for (name, arrangement) in arrangements {
            let outcome = try await DamagedFiles.open(try DamagedFiles.disk(disk, path) { $0 = arrangement })
            #expect(outcome.damage?.file == DamagedFiles.name(path), "\(name)")
        }
    }

    @Test("segments that are exchanged, cut short or missing are refused")
    func segments() async throws {
        let disk = try await DamagedFiles.journal(records: 30, segmentByteCount: 1024)
        let last = try #require(disk.files.last { $0.hasSuffix(".journal") })
        #expect(last > DamagedFiles.segment(3))
        let second = try #require(disk[DamagedFiles.segment(2)])
        let third = try #require(disk[DamagedFiles.segment(3)])

        let exchanged = try DamagedFiles.disk(disk, DamagedFiles.segment(2)) { $0 = third }
        exchanged[DamagedFiles.segment(3)] = second
        #expect(try await DamagedFiles.open(exchanged).damage != nil)

        let copied = try DamagedFiles.disk(disk, DamagedFiles.segment(2)) { $0 = third }
        #expect(try await DamagedFiles.open(copied).damage?.file == DamagedFiles.name(DamagedFiles.segment(2)))

        let missing = disk.image(.powerLost(seed: 1))
        missing[DamagedFiles.segment(2)] = nil
        #expect(try await DamagedFiles.open(missing).damage?.detail.contains("ends before record") == true)

        let firstMissing = disk.image(.powerLost(seed: 1))
        firstMissing[DamagedFiles.segment(1)] = nil
        #expect(try await DamagedFiles.open(firstMissing).damage?.detail.contains("are missing") == true)

        // An older segment has no torn end: it was synced before the next one began.
        let lastRecord = try #require(DamagedFiles.records(in: second).last)
        for count in [lastRecord.lowerBound, lastRecord.lowerBound + 40, 97, 96, 10] {
            let cut = try DamagedFiles.disk(disk, DamagedFiles.segment(2)) { $0 = Array($0.prefix(count)) }
            #expect(try await DamagedFiles.open(cut).damage?.file == DamagedFiles.name(DamagedFiles.segment(2)))
        }
    }

    @Test("with the loss accepted, only what cannot be read is missing, and the report says what")
    func acceptedLoss() async throws {
        let disk = try await DamagedFiles.journal(records: 5)
        let path = DamagedFiles.segment(1)
        let name = DamagedFiles.name(path)
        let records = DamagedFiles.records(in: try #require(disk[path]))
        let damaged = try DamagedFiles.disk(disk, path) { $0[records[1].lowerBound + 40] ^= 1 }

        #expect(try await DamagedFiles.open(damaged, acceptedLosses: ["another.journal"]).damage != nil)

        let outcome = try await DamagedFiles.open(damaged, acceptedLosses: [name])
        #expect(outcome.records == [1, 3, 4, 5])
        #expect(outcome.report?.lostRecords == [2...2])
        #expect(outcome.report?.requiresSnapshot == true)
        #expect(outcome.report?.lastPosition.sequenceNumber == 5)
        // The damage is still there: acceptance is for one start, until a snapshot covers it.
        #expect(try await DamagedFiles.open(damaged).damage != nil)
    }

    @Test("an accepted loss is over once a snapshot has been written")
    func acceptedLossThenSnapshot() async throws {
        let disk = try await DamagedFiles.journal(records: 5)
        let path = DamagedFiles.segment(1)
        let records = DamagedFiles.records(in: try #require(disk[path]))
        let damaged = try DamagedFiles.disk(disk, path) { $0[records[1].lowerBound + 40] ^= 1 }
        let store = try TestStore.open(
            damaged,
            options: TestStore.options(acceptedLosses: [DamagedFiles.name(path)])
        )
        _ = try await TestStore.snapshot(store, count: 5)
        try await store.close()
        #expect(try await DamagedFiles.open(damaged).records == [1, 2, 3, 4, 5])
    }

    @Test("a damaged end of which no later record is known needs acceptance too")
    func acceptedLossAtTheEnd() async throws {
        let disk = try await DamagedFiles.journal(records: 3)
        let path = DamagedFiles.segment(1)
        let records = DamagedFiles.records(in: try #require(disk[path]))
        let damaged = try DamagedFiles.disk(disk, path) { $0[records[2].lowerBound + 40] ^= 1 }
        #expect(try await DamagedFiles.open(damaged).damage?.offset == UInt64(records[2].lowerBound))
        let outcome = try await DamagedFiles.open(damaged, acceptedLosses: [DamagedFiles.name(path)])
        #expect(outcome.records == [1, 2])
        #expect(outcome.report?.hasLostEnd == true)
    }

    @Test("a segment whose header is lost is given up whole when that is accepted")
    func acceptedSegmentLoss() async throws {
        let disk = try await DamagedFiles.journal(records: 30, segmentByteCount: 1024)
        let path = DamagedFiles.segment(2)
        let lost = DamagedFiles.records(in: try #require(disk[path])).count
        let damaged = try DamagedFiles.disk(disk, path) { $0[30] ^= 1 }
        #expect(try await DamagedFiles.open(damaged).damage?.file == DamagedFiles.name(path))
        let outcome = try await DamagedFiles.open(damaged, acceptedLosses: [DamagedFiles.name(path)])
        #expect(outcome.records?.count == 30 - lost)
        #expect(outcome.report?.lostRecords.map(\.count) == [lost])
    }
}
