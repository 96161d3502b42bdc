import DurableLog
import Logging
import OpenSSLCrypto
import Synchronization

/// splitmix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Random bytes that a seed repeats.
final class SeededRandomSource: RandomSource {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func bytes(_ count: Int) -> [UInt8] {
        generator.withLock { generator in (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
    }
}

/// A store as the tests use it: its state is the list of all records.
enum TestStore {
    static let directory = "/store"
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func key(_ first: UInt8 = 1) throws -> StorageKey {
        try StorageKey(bytes: (0..<32).map { $0 &+ first })
    }

    static func options(
        policy: JournalPolicy = .always,
        segmentByteCount: Int = 1024,
        unsynchronizedByteCountMax: Int = 1 << 20,
        acceptedLosses: Set<String> = []
    ) -> StorageOptions {
        StorageOptions(
            journal: JournalOptions(
                policy: policy,
                segmentByteCount: segmentByteCount,
                unsynchronizedByteCountMax: unsynchronizedByteCountMax,
                retryDelay: .microseconds(10),
                retryDelayMax: .milliseconds(1)
            ),
            acceptedLosses: acceptedLosses
        )
    }

    static func open(
        _ fileSystem: any FileSystem,
        directory: String = directory,
        key: StorageKeySource? = nil,
        options: StorageOptions = options(),
        random: any RandomSource = SystemRandomSource(),
        logger: Logger = logger
    ) throws -> DurableStore {
        try DurableStore.open(
            directory: directory,
            key: key ?? .configured(try Self.key()),
            fileSystem: fileSystem,
            options: options,
            random: random,
            logger: logger
        )
    }

    /// The record with a number: its text says so, and its length varies.
    static func record(_ number: UInt64) -> [UInt8] {
        Array("record \(number) of someone@example.com ".utf8) + [UInt8](repeating: 0x78, count: Int(number * 37 % 90))
    }

    /// Rebuilds the state; it must be the records from 1 on without a gap, or this throws.
    static func state(of store: DurableStore) throws -> [[UInt8]] {
        var state: [[UInt8]] = []
        var sectionPosition: UInt64 = 0
        var replay = try store.replay()
        while let item = try replay.next() {
            switch item {
            case .section(_, let position): sectionPosition = position.sequenceNumber
            case .chunk(let bytes): state.append(bytes)
            case .record(let position, let bytes):
                guard position.sequenceNumber > sectionPosition else { continue }
                guard position.sequenceNumber == state.count + 1 else { throw Misread(position: position) }
                state.append(bytes)
            }
        }
        for (index, record) in state.enumerated() where record != Self.record(UInt64(index) + 1) {
            throw Misread(position: JournalPosition(sequenceNumber: UInt64(index) + 1))
        }
        return state
    }

    struct Misread: Error { let position: JournalPosition }

    /// Writes a snapshot of the first `count` records.
    static func snapshot(_ store: DurableStore, count: UInt64) async throws -> SnapshotDescription {
        let position = JournalPosition(sequenceNumber: count)
        return try await store.writeSnapshot(covering: position, creationSeconds: 1_700_000_000) {
            writer throws(StorageError) in
            try writer.beginSection(7, position: position)
            for number in 1...max(count, 1) where number <= count { try writer.write(record(number)) }
        }
    }
}

/// Log messages that a test looks at.
final class LogCapture: Sendable {
    private let entries = Mutex<[String]>([])

    var messages: [String] { entries.withLock { $0 } }

    var logger: Logger {
        Logger(label: "capture") { _ in Handler(capture: self) }
    }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            capture.entries.withLock {
                $0.append("\(event.level): \(event.message) \(event.metadata ?? [:])")
            }
        }
    }
}
