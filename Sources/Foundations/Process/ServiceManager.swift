internal import CLinux

/// The service manager that started this process, as `sd_notify(3)` and `sd_watchdog_enabled(3)` describe it.
///
/// Without systemd none of its variables is set, and there is no value of this type.
package struct ServiceManager: Sendable {
    /// What the manager learns.
    package enum State: Sendable {
        /// Requests are answered; systemd then starts what waits for this unit. The text appears in `systemctl status`.
        case ready(String)
        /// The process is about to end.
        case stopping
        /// The process answers; must arrive within each ``watchdogInterval``.
        case alive

        fileprivate var text: String {
            switch self {
            // A line break would begin another assignment.
            case .ready(let status): "READY=1\nSTATUS=\(status.filter { !$0.isNewline })"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            }
        }
    }

    /// The manager's datagram socket: a path, or a name that begins with `@`.
    package let socket: String
    /// How long the manager waits for a sign of life before it ends the process; `nil` if it does not watch this one.
    package let watchdogInterval: Duration?

    /// The manager that these variables describe.
    ///
    /// - Parameters:
    ///   - processID: This process; a watchdog for another one is not ours to feed.
    ///   - variable: The environment: the value of a variable, or `nil`.
    package init?(processID: Int32, variable: (String) -> String?) {
        guard let socket = variable("NOTIFY_SOCKET"), let first = socket.first, first == "/" || first == "@" else {
            return nil
        }
        self.socket = socket
        let isWatched = variable("WATCHDOG_PID").map { $0 == String(processID) } ?? true
        let microseconds = variable("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        watchdogInterval = isWatched && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Reports a state.
    ///
    /// - Returns: Whether the manager's socket took it. When it does not, nothing can be done: the process must go on
    ///   serving.
    @discardableResult
    package func report(_ state: State) -> Bool {
        let bytes = Array(state.text.utf8)
        return unsafe bytes.withUnsafeBytes { raw in
            unsafe gatehouse_send_datagram(socket, raw.baseAddress, UInt(raw.count)) == 0
        }
    }
}
