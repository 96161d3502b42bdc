package import DurableLog
import Glibc
import Synchronization

/// A disk in memory that does what a test wants at any single operation, and forgets what was not synced.
///
/// - What is written is in the "cache" at once and on the "disk" after a sync. A name is on the disk after a sync of
///   its directory.
/// - A sync that fails drops what it should have written: the cache still shows it, no later sync will write it.
/// - `image` is the disk as the next process finds it.
package final class ScriptedFileSystem: FileSystem {
    /// The operations that change the disk, or wait for it.
    package enum Kind: String, CaseIterable, Sendable {
        /// Makes a file.
        case create
        /// Writes to a file.
        case write
        /// Reserves space for a file.
        case allocate
        /// Shortens a file.
        case truncate
        /// Syncs a file's bytes.
        case synchronize
        /// Renames a file.
        case rename
        /// Removes a name.
        case remove
        /// Syncs a directory's names.
        case synchronizeDirectory
    }

    /// One operation, as the script sees it.
    package struct Operation: Sendable {
        /// What is done.
        package let kind: Kind
        /// The file or directory.
        package let path: String
        /// Counted from 1.
        package let number: Int
    }

    /// What happens in place of an operation.
    package enum Fault: Sendable {
        /// Fails with this error and does nothing.
        case error(Int32)
        /// A write that writes so much and then fails.
        case short(Int)
        /// The process ends here: no later operation works. A write is done up to so many bytes.
        case stop(Int)
    }

    /// How a process ends.
    package enum Crash: Sendable {
        /// The process was killed: the kernel has everything.
        case killed
        /// The power went: what was not synced is there or not, sector by sector.
        case powerLost(seed: UInt64)
    }

    enum Change {
        case write(Int, [UInt8])
        case resize(Int)
    }

    enum NameChange {
        case set(String, Int)
        case rename(String, String)
        case remove(String)
    }

    struct Node {
        var cached: [UInt8] = []
        var durable: [UInt8] = []
        var changes: [Change] = []
    }

    struct State {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var nameChanges: [NameChange] = []
        var lastNode = 0
        var locks: Set<String> = []
        /// Every operation so far.
        package var operations: [Operation] = []
        var isStopped = false
    }

    let state: Mutex<State>
    private let script: Mutex<@Sendable (Operation) -> Fault?>

    /// An empty disk.
    package convenience init(script: @escaping @Sendable (Operation) -> Fault? = { _ in nil }) {
        self.init(State(), script: script)
    }

    init(_ state: sending State, script: @escaping @Sendable (Operation) -> Fault? = { _ in nil }) {
        self.state = Mutex(state)
        self.script = Mutex(script)
    }

    /// Ends the process at one operation.
    package static func stop(at number: Int, afterBytes count: Int = 0) -> @Sendable (Operation) -> Fault? {
        { $0.number >= number ? .stop(count) : nil }
    }

    /// Fails one operation.
    package static func fail(at number: Int, _ code: Int32 = EIO) -> @Sendable (Operation) -> Fault? {
        { $0.number == number ? .error(code) : nil }
    }

    /// Changes what happens from now on.
    package func setScript(_ script: @escaping @Sendable (Operation) -> Fault?) {
        self.script.withLock { $0 = script }
    }

    /// Every operation so far.
    package var operations: [Operation] { state.withLock { $0.operations } }
    /// Whether the process has ended.
    package var isStopped: Bool { state.withLock { $0.isStopped } }

    // MARK: FileSystem

    package func createDirectory(_ path: String) throws(FileSystemError) {}

    package func access(toDirectory path: String) throws(FileSystemError) -> DirectoryAccess {
        DirectoryAccess(isOwned: true, isWritableByOthers: false)
    }

    package func names(in directory: String) throws(FileSystemError) -> [String] {
        try state.withLock { state throws(FileSystemError) in
            try check(state, "opendir", directory)
            return state.names.keys.filter { $0.hasPrefix(directory + "/") }.map {
                String($0.dropFirst(directory.count + 1))
            }
        }
    }

    package func createFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        try perform(.create, path) { state throws(FileSystemError) in
            guard state.names[path] == nil else {
                throw FileSystemError(operation: "open", path: path, code: EEXIST)
            }
            state.lastNode += 1
            state.nodes[state.lastNode] = Node()
            state.names[path] = state.lastNode
            state.nameChanges.append(.set(path, state.lastNode))
            return ScriptedFile(fileSystem: self, node: state.lastNode, path: path)
        }
    }

    package func openFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        try state.withLock { state throws(FileSystemError) in
            try check(state, "open", path)
            guard let node = state.names[path] else {
                throw FileSystemError(operation: "open", path: path, code: ENOENT)
            }
            return ScriptedFile(fileSystem: self, node: node, path: path)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try perform(.rename, path) { state throws(FileSystemError) in
            guard let node = state.names.removeValue(forKey: path) else {
                throw FileSystemError(operation: "rename", path: path, code: ENOENT)
            }
            state.names[newPath] = node
            state.nameChanges.append(.rename(path, newPath))
        }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        try perform(.remove, path) { state throws(FileSystemError) in
            guard state.names.removeValue(forKey: path) != nil else {
                throw FileSystemError(operation: "unlink", path: path, code: ENOENT)
            }
            state.nameChanges.append(.remove(path))
        }
    }

    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try perform(.synchronizeDirectory, path) { state throws(FileSystemError) in
            state.durableNames = state.names
            state.nameChanges = []
        }
    }

    package func lock(_ path: String) throws(FileSystemError) -> any FileLock {
        try state.withLock { state throws(FileSystemError) in
            try check(state, "flock", path)
            guard state.locks.insert(path).inserted else {
                throw FileSystemError(operation: "flock", path: path, code: EWOULDBLOCK)
            }
        }
        return ScriptedLock { [self] in _ = state.withLock { $0.locks.remove(path) } }
    }

    // MARK: Scripting

    func check(_ state: borrowing State, _ operation: String, _ path: String) throws(FileSystemError) {
        guard !state.isStopped else { throw FileSystemError(operation: operation, path: path, code: EIO) }
    }

    /// Counts an operation, asks the script, and does it.
    func perform<Value: Sendable>(
        _ kind: Kind,
        _ path: String,
        partly: (inout State, Int) -> Void = { _, _ in },
        failing: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(FileSystemError) -> Value
    ) throws(FileSystemError) -> Value {
        let operation = try state.withLock { state throws(FileSystemError) in
            try check(state, kind.rawValue, path)
            let operation = Operation(kind: kind, path: path, number: state.operations.count + 1)
            state.operations.append(operation)
            return operation
        }
        // Asked without a lock, so that a script may wait for the test.
        let fault = script.withLock { $0 }(operation)
        return try state.withLock { state throws(FileSystemError) in
            try check(state, kind.rawValue, path)
            let code: Int32
            switch fault {
            case nil:
                return try body(&state)
            case .error(let error):
                failing(&state)
                code = error
            case .short(let count):
                partly(&state, count)
                code = ENOSPC
            case .stop(let count):
                partly(&state, count)
                state.isStopped = true
                code = EIO
            }
            throw FileSystemError(operation: kind.rawValue, path: path, code: code)
        }
    }
}

/// A file of the scripted disk.
final class ScriptedFile: OpenFile {
    private let fileSystem: ScriptedFileSystem
    private let node: Int
    private let path: String

    init(fileSystem: ScriptedFileSystem, node: Int, path: String) {
        self.fileSystem = fileSystem
        self.node = node
        self.path = path
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileSystemError) {
        let change = ScriptedFileSystem.Change.write(Int(offset), bytes)
        try fileSystem.perform(
            .write,
            path,
            partly: { [node] state, count in
                state.nodes[node]?.make(.write(Int(offset), Array(bytes.prefix(count))))
            },
            { [node] state throws(FileSystemError) in state.nodes[node]?.make(change) }
        )
    }

    func read(_ count: Int, at offset: UInt64) throws(FileSystemError) -> [UInt8] {
        try fileSystem.state.withLock { state throws(FileSystemError) in
            try fileSystem.check(state, "pread", path)
            let bytes = state.nodes[node]?.cached ?? []
            return Array(bytes.dropFirst(Int(offset)).prefix(count))
        }
    }

    func size() throws(FileSystemError) -> UInt64 {
        fileSystem.state.withLock { UInt64($0.nodes[node]?.cached.count ?? 0) }
    }

    func allocate(_ count: UInt64) throws(FileSystemError) {
        try fileSystem.perform(.allocate, path) { [node] state throws(FileSystemError) in
            if state.nodes[node]?.cached.count ?? 0 < Int(count) { state.nodes[node]?.make(.resize(Int(count))) }
        }
    }

    func truncate(to count: UInt64) throws(FileSystemError) {
        try fileSystem.perform(.truncate, path) { [node] state throws(FileSystemError) in
            state.nodes[node]?.make(.resize(Int(count)))
        }
    }

    func synchronizeData() throws(FileSystemError) {
        try fileSystem.perform(
            .synchronize,
            path,
            failing: { [node] state in
                // The kernel has given up on these pages and counts them as clean.
                state.nodes[node]?.changes = []
            },
            { [node] state throws(FileSystemError) in
                state.nodes[node]?.synchronize()
            }
        )
    }

    var isReadableByOthers: Bool { get throws(FileSystemError) { false } }
}

struct ScriptedLock: FileLock {
    let unlock: @Sendable () -> Void
    func release() { unlock() }
}
