import Glibc

/// A variable of the process's environment.
package enum EnvironmentVariable {
    /// Its value; `nil` when it is not set.
    ///
    /// Read it at start: the environment is not meant to change later.
    package static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
