import Foundation

/// Runs a program to its end with no signal blocked.
///
/// Children of Foundation's `Process` inherit the blocked signals of the task pool's threads, and `openssl speed` then
/// never receives the alarm that ends it.
package enum ChildProgram {
    /// What the program wrote to its standard output.
    package static func output(_ arguments: [String]) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-output-\(getpid())").path
        defer { unsafe _ = unlink(path) }
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
        guard code == 0 else { throw BenchmarkError("\(arguments[0]) cannot be started") }
        var status: Int32 = 0
        guard unsafe waitpid(child, &status, 0) == child, status == 0 else {
            throw BenchmarkError("\(arguments.joined(separator: " ")) failed")
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }
}
