internal import CLinux
import Glibc

/// Keeps the memory of this process, which has keys and tokens in it, out of files and away from other processes.
package enum ProcessSecrecy {
    /// Forbids core dumps, and reading the memory by other processes of the same user.
    ///
    /// - Returns: Whether both hold now.
    @discardableResult
    package static func forbidDumps() -> Bool {
        var limit = rlimit()
        let isLimited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0
        return gatehouse_forbid_dumps() == 0 && isLimited
    }

    /// Whether the kernel writes core dumps of this process, or lets other processes read its memory.
    package static var isDumpable: Bool { gatehouse_is_dumpable() != 0 }

    /// Removes the variable by which libcurl and others write the keys of TLS connections to a file.
    ///
    /// Must be called while the process has one thread.
    package static func ignoreKeyLog() {
        _ = unsafe unsetenv("SSLKEYLOGFILE")
    }
}
