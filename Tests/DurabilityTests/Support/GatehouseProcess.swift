import Foundation
import Glibc
import Synchronization

/// The built `gatehouse` in a process of its own.
final class GatehouseProcess: Sendable {
    /// How a command ended.
    struct Outcome: Sendable {
        /// The exit status; 128 + n after signal n.
        var status: Int32
        var output: String
        var errors: String
    }

    private let process = Process()
    private let output = Mutex(Data())
    private let errors = Mutex(Data())
    private let unreadErrors = Mutex<Pipe?>(nil)
    private let firstLine = Eventual<String?>()
    private let outputEnd = Eventual<Void>()
    private let errorEnd = Eventual<Void>()
    private let status = Eventual<Int32>()

    // Foundation starts programs with the signal mask of the thread that happens to run, and the threads of Swift's
    // pool block SIGTERM. A program started so would never hear it; this unblocks, then becomes the program.
    private static let unmask = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execv(sys.argv[1], sys.argv[1:])
        """

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments.
    ///   - program: The program, if it is not the built one.
    ///   - readsErrors: Whether its standard error is read; a pipe that is not read fills, and then blocks its writer.
    /// - Throws: `Violation` when there is no built program, and what stops its start.
    init(_ arguments: [String], program: String? = nil, readsErrors: Bool = true) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-I", "-S", "-c", Self.unmask, try program ?? Self.executable()] + arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GATEHOUSE_") }
        process.standardInput = FileHandle.nullDevice
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.terminationHandler = { [status] ended in
            status.set(ended.terminationStatus + (ended.terminationReason == .exit ? 0 : 128))
        }
        try process.run()
        // On threads of their own: a readability handler now and then misses the end of the stream.
        Self.read(outputPipe) { data in
            guard let data else {
                self.firstLine.set(nil)
                return self.outputEnd.set(())
            }
            let line = self.output.withLock { output -> String? in
                output.append(data)
                let text = String(decoding: output, as: UTF8.self)
                return text.contains("\n") ? text.split(separator: "\n").first.map(String.init) : nil
            }
            if let line { self.firstLine.set(line) }
        }
        guard readsErrors else {
            unreadErrors.withLock { $0 = errorPipe }
            errorEnd.set(())
            return
        }
        Self.read(errorPipe) { data in
            guard let data else { return self.errorEnd.set(()) }
            self.errors.withLock { $0.append(data) }
        }
    }

    private static func read(_ pipe: Pipe, _ body: @escaping @Sendable (Data?) -> Void) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = handle.availableData
                body(data.isEmpty ? nil : data)
                if data.isEmpty { return }
            }
        }
    }

    /// Starts the program and waits for its end.
    static func run(_ arguments: [String]) async throws -> Outcome {
        try await GatehouseProcess(arguments).outcome()
    }

    /// The first line that it prints, which says that it is ready; fails when it ends instead.
    func ready() async throws -> String {
        if let line = await firstLine.value { return line }
        let outcome = await outcome()
        throw Violation("gatehouse ended with \(outcome.status) instead of becoming ready:\n\(outcome.errors)")
    }

    /// What it said until its end, and how it ended.
    func outcome() async -> Outcome {
        await outputEnd.value
        await errorEnd.value
        return Outcome(status: await status.value, output: said(output), errors: said(errors))
    }

    /// What it has said on standard error so far.
    var log: String { said(errors) }

    private func said(_ data: borrowing Mutex<Data>) -> String {
        data.withLock { String(decoding: $0, as: UTF8.self) }
    }

    /// SIGKILL, and waits for the end.
    @discardableResult
    func kill() async -> Outcome {
        Glibc.kill(process.processIdentifier, SIGKILL)
        return await outcome()
    }

    /// SIGTERM, and waits for the end.
    @discardableResult
    func stop() async -> Outcome {
        Glibc.kill(process.processIdentifier, SIGTERM)
        return await outcome()
    }

    /// Its process number.
    var processID: Int32 { process.processIdentifier }

    /// Sends a signal.
    func signal(_ signal: Int32) {
        Glibc.kill(process.processIdentifier, signal)
    }

    /// The program of the build that this test bundle belongs to, by its product's or its target's name.
    static func executable() throws -> String {
        if let path = ProcessInfo.processInfo.environment["GATEHOUSE_BINARY"] { return path }
        let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let candidates = ["gatehouse", "ServerCommand"].map { folder.appending(path: $0).path() }
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw Violation("no gatehouse in \(folder.path()): build the product `gatehouse` first")
        }
        return found
    }
}

/// Something that must not happen, in words.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
