import Foundation
import Glibc
import Synchronization

/// A program started by a test: its output is kept, its end is awaited, and it never outlives `stop`.
final class ChildProcess: Sendable {
    /// What is known of the program at one moment.
    struct Progress: Sendable {
        var standardOutput = Data()
        var standardError = Data()
        fileprivate var openStreams = 2
        fileprivate var status: Int32?

        /// The exit status once the program has ended and all its output is here; 128 + n after signal n.
        var exitStatus: Int32? { openStreams == 0 ? status : nil }

        /// The whole lines of standard output so far.
        var lines: [Substring] {
            let text = String(decoding: standardOutput, as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }

        /// Both streams, as a message to the developer and as the text that searches go through.
        var everything: String {
            String(decoding: standardOutput, as: UTF8.self) + String(decoding: standardError, as: UTF8.self)
        }
    }

    private struct Waiter: Sendable {
        /// Resumes and returns true when it has what it waits for.
        let offer: @Sendable (Progress) -> Bool
        let fail: @Sendable () -> Void
    }

    private struct State: Sendable {
        var progress = Progress()
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
    }

    // Foundation starts programs with the signal mask of the thread that happens to run, and the threads of Swift's
    // pool block SIGTERM. A program started so would never hear it; this script unblocks, then becomes the program.
    private static let launcher = URL(filePath: "/usr/bin/env")
    private static let unmask = SourceFolder.scripts.appending(path: "unmask.py").path()

    let name: String
    private let process = Process()
    private let standardInput = Pipe()
    private let state = Mutex(State())

    /// Starts the program.
    ///
    /// `input` is written to its standard input, which then closes. Without `input` the standard input stays open,
    /// which the Python servers take as the sign that the test run still lives.
    init(
        name: String,
        executable: URL,
        arguments: [String],
        environment: [String: String] = ChildEnvironment.variables,
        input: Data? = nil
    ) throws {
        self.name = name
        process.executableURL = Self.launcher
        process.arguments = ["python3", "-I", "-S", Self.unmask, executable.path()] + arguments
        process.environment = environment
        process.standardInput = standardInput
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [weak self] ended in
            let status = ended.terminationStatus + (ended.terminationReason == .exit ? 0 : 128)
            self?.change { $0.status = status }
        }
        do {
            try process.run()
        } catch {
            throw HarnessError("\(name): cannot start \(executable.path()): \(error)")
        }
        collect(output, into: \.standardOutput)
        collect(errors, into: \.standardError)
        if let input {
            try standardInput.fileHandleForWriting.write(contentsOf: input)
            try standardInput.fileHandleForWriting.close()
        }
    }

    /// What is known now.
    var progress: Progress { state.withLock { $0.progress } }

    /// Waits until `condition` finds a value in the output; fails when the program ends first or time runs out.
    func wait<Value: Sendable>(
        for what: String,
        within limit: Duration = .seconds(120),
        until condition: @escaping @Sendable (Progress) -> Value?
    ) async throws -> Value {
        let id = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        let deadline = Task {
            try await Task.sleep(for: limit)
            // Found, failed or late: the code that takes the waiter out of the table resumes it, once.
            state.withLock { $0.waiters.removeValue(forKey: id) }?.fail()
        }
        defer { deadline.cancel() }
        let found: Value? = await withCheckedContinuation { continuation in
            let waiter = Waiter(
                offer: { progress in
                    if let value = condition(progress) {
                        continuation.resume(returning: value)
                    } else if progress.exitStatus != nil {
                        continuation.resume(returning: nil)
                    } else {
                        return false
                    }
                    return true
                },
                fail: { continuation.resume(returning: nil) }
            )
            state.withLock { state in
                if !waiter.offer(state.progress) { state.waiters[id] = waiter }
            }
        }
        guard let found else {
            let end = progress.exitStatus.map { "it ended with \($0)" } ?? "\(limit) passed"
            throw HarnessError("\(name): no \(what); \(end). It said:\n\(progress.everything)")
        }
        return found
    }

    /// Waits for the program's end; returns its exit status.
    func exitStatus(within limit: Duration = .seconds(180)) async throws -> Int32 {
        try await wait(for: "end", within: limit) { $0.exitStatus }
    }

    /// SIGTERM, and SIGKILL when that is not obeyed in time.
    ///
    /// Returns the exit status; 137 tells of the SIGKILL.
    @discardableResult
    func stop(within grace: Duration = .seconds(30)) async throws -> Int32 {
        if process.isRunning { process.terminate() }
        do {
            return try await exitStatus(within: grace)
        } catch {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            return try await exitStatus()
        }
    }

    /// Reads on a thread of its own: a readability handler now and then misses the end of the stream.
    private func collect(_ pipe: Pipe, into stream: any WritableKeyPath<Progress, Data> & Sendable) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = handle.availableData
                self.change { progress in
                    if data.isEmpty {
                        progress.openStreams -= 1
                    } else {
                        progress[keyPath: stream].append(data)
                    }
                }
                if data.isEmpty { return }
            }
        }
    }

    private func change(_ body: (inout Progress) -> Void) {
        state.withLock { state in
            body(&state.progress)
            state.waiters = state.waiters.filter { !$0.value.offer(state.progress) }
        }
    }
}

/// The environment that started programs get: the test run's own, without what would change their behaviour.
enum ChildEnvironment {
    static let variables: [String: String] = {
        var variables = ProcessInfo.processInfo.environment.filter { name, _ in
            // Gatehouse reads configuration keys from its environment, Python its module path.
            !name.hasPrefix("GATEHOUSE_") && name != "PYTHONPATH" && name != "PYTHONHOME" && name != "VIRTUAL_ENV"
        }
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        variables["PYTHONUNBUFFERED"] = "1"
        // All traffic is loopback; a proxy of the machine has no part in it.
        variables["NO_PROXY"] = "127.0.0.1,localhost"
        variables["no_proxy"] = "127.0.0.1,localhost"
        return variables
    }()
}
