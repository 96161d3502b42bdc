import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// Damaged records are refused by an error, never by a crash or a silent half.
@Suite("Records: damage")
struct RecordDamageTests {
    /// One record of every kind that a store writes into its journal and its snapshot.
    private static func records(of sample: SampleStore) async throws -> [[UInt8]] {
        let journal = RecordingJournal()
        let rows = try await sample.filled(journal).capture().rows()
        var longest: [UInt8: [UInt8]] = [:]
        for record in journal.records + rows {
            let kind = try #require(record.first)
            if record.count > longest[kind]?.count ?? 0 {
                longest[kind] = record
            }
        }
        return Array(longest.values)
    }

    /// The bytes of the push of the sample's stream.
    private static let pushCount = 41

    @Test("every prefix of every record is refused", arguments: SampleStore.all)
    func prefixes(sample: SampleStore) async throws {
        for record in try await Self.records(of: sample) {
            for count in 0..<record.count {
                let prefix = Array(record.prefix(count))
                let store = sample.empty(VolatileJournal())
                // RFC 8935: what a pushed stream has besides comes after the whole record of one that is polled.
                let isPolled = record[0] == RecordKind.putEventStream.rawValue && count == record.count - Self.pushCount
                guard !isPolled else {
                    try await store.restore([prefix])
                    #expect(try await store.capture().rows() == [prefix])
                    continue
                }
                await #expect(throws: RecordError.self, "\(count) of \(record.count) bytes, kind \(record[0])") {
                    try await store.restore([prefix])
                }
                #expect(try await store.capture().rows().isEmpty)
            }
        }
    }

    @Test("a byte too many is refused", arguments: SampleStore.all)
    func trailingByte(sample: SampleStore) async throws {
        for record in try await Self.records(of: sample) {
            await #expect(throws: RecordError.self) {
                try await sample.empty(VolatileJournal()).restore([record + [0]])
            }
        }
    }

    @Test("no flipped byte crashes, and what is accepted reads back", arguments: SampleStore.all)
    func flippedBytes(sample: SampleStore) async throws {
        for record in try await Self.records(of: sample) {
            for index in record.indices {
                for mask in [UInt8(0x01), 0x80, 0xFF] {
                    var damaged = record
                    damaged[index] ^= mask
                    let store = sample.empty(VolatileJournal())
                    do { try await store.restore([damaged]) } catch { #expect(error is RecordError) }
                    let rows = try await store.capture().rows()
                    try await sample.empty(VolatileJournal()).restore(rows)
                }
            }
        }
    }

    @Test("counts of four thousand million do not ask for memory", arguments: SampleStore.all)
    func hugeCounts(sample: SampleStore) async throws {
        for kind in sample.recordKinds {
            let store = sample.empty(VolatileJournal())
            await #expect(throws: RecordError.self) {
                try await store.restore([[kind.rawValue] + [UInt8](repeating: 0xFF, count: 400)])
            }
        }
    }

    @Test("random bytes are refused or read, never a crash", arguments: SampleStore.all)
    func randomBytes(sample: SampleStore) async throws {
        var random = SeededRandom(seed: 0x5EED)
        for kind in sample.recordKinds.sorted(by: { $0.rawValue < $1.rawValue }) {
            for _ in 0..<200 {
                // Small numbers make plausible counts.
                let bytes = (0..<random.below(80)).map { _ in UInt8(random.below(random.chance(70) ? 4 : 256)) }
                let store = sample.empty(VolatileJournal())
                do { try await store.restore([[kind.rawValue] + bytes]) } catch { #expect(error is RecordError) }
            }
        }
    }
}
