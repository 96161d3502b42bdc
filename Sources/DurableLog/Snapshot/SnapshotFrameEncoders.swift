import Foundations
import Synchronization

/// Deflates and seals the frames of a snapshot on several threads, and returns them in order.
///
/// Frame by frame in turn: each thread has one frame at a time, so that little memory is in use however slow the disk
/// is. Content that fits into one frame needs no thread.
final class SnapshotFrameEncoders {
    private let threadCount: Int
    private let compressionLevel: Int32
    private let seal: FileSeal
    /// The started encoders; frame n goes to encoder n modulo their count.
    private var threads: [FrameEncodingThread] = []
    private var frameCount = 0

    init(threadCount: Int, compressionLevel: Int32, seal: FileSeal) {
        self.threadCount = max(1, threadCount)
        self.compressionLevel = compressionLevel
        self.seal = seal
    }

    deinit {
        for thread in threads { thread.end() }
    }

    /// Takes a frame's content, and returns earlier frames that are ready.
    func encode(_ content: [UInt8], counter: UInt64, isLast: Bool) throws(StorageError) -> [[UInt8]] {
        let job = FrameEncodingThread.Job(content: content, counter: counter, isLast: isLast)
        guard !(isLast && threads.isEmpty) else {
            do {
                return [try job.encode(Deflater(level: compressionLevel), seal).get()]
            } catch {
                throw StorageError(error)
            }
        }
        defer { frameCount += 1 }
        guard frameCount >= threadCount else {
            let thread = try FrameEncodingThread(compressionLevel: compressionLevel, seal: seal)
            threads.append(thread)
            thread.give(job)
            return []
        }
        let thread = threads[frameCount % threadCount]
        let frame = try thread.take()
        thread.give(job)
        return [frame]
    }

    /// The remaining frames, after the last one was given.
    func finish() throws(StorageError) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for index in max(0, frameCount - threads.count)..<frameCount {
            frames.append(try threads[index % threads.count].take())
        }
        return frames
    }
}

/// One thread that deflates and seals, with one frame at a time.
private final class FrameEncodingThread: Sendable {
    struct Job: Sendable {
        let content: [UInt8]
        let counter: UInt64
        let isLast: Bool

        func encode(_ deflater: Deflater, _ seal: FileSeal) -> Result<[UInt8], StorageError> {
            Result { () throws(StorageError) in
                try SnapshotFrame.encode(content, counter: counter, isLast: isLast, deflater: deflater, seal: seal)
            }
        }
    }

    private enum State {
        case idle
        case given(Job)
        case done(Result<[UInt8], StorageError>)
        case ended
    }

    private let state = Mutex(State.idle)
    private let isGiven = WakeSignal()
    private let isDone = WakeSignal()
    private let seal: FileSeal
    private let deflater: Mutex<Deflater>

    init(compressionLevel: Int32, seal: FileSeal) throws(StorageError) {
        self.seal = seal
        do {
            deflater = Mutex(try Deflater(level: compressionLevel))
            try OwnThread(name: "snapshot-frames", urgency: .background) { [self] in run() }.detach()
        } catch {
            throw StorageError(error)
        }
    }

    private func run() {
        while true {
            isGiven.wait()
            let job: Job
            switch state.withLock({ $0 }) {
            case .given(let given): job = given
            case .ended: return
            case .idle, .done: continue
            }
            let result = deflater.withLock { job.encode($0, seal) }
            state.withLock { if case .given = $0 { $0 = .done(result) } }
            isDone.post()
        }
    }

    func give(_ job: Job) {
        state.withLock { $0 = .given(job) }
        isGiven.post()
    }

    /// Waits for the frame that was given, and returns it.
    func take() throws(StorageError) -> [UInt8] {
        while true {
            let result = state.withLock { state -> Result<[UInt8], StorageError>? in
                guard case .done(let result) = state else { return nil }
                state = .idle
                return result
            }
            if let result { return try result.get() }
            isDone.wait()
        }
    }

    /// Ends the thread; a frame in progress is dropped.
    func end() {
        state.withLock { $0 = .ended }
        isGiven.post()
    }
}
