import CLinux
import Glibc

/// A listening socket in the file system, for programs on this machine that the kernel identifies by their user.
///
/// Its file has mode 0600 from its first moment on: only the server's own user and root can connect.
struct UnixListeningSocket: Sendable {
    let descriptor: CInt
    private let path: String
    private let identity: Identity

    /// Which file it is, however the path is used later.
    private struct Identity: Hashable, Sendable {
        let device: UInt
        let file: UInt

        init(_ found: stat) {
            device = UInt(found.st_dev)
            file = UInt(found.st_ino)
        }
    }

    /// Opens the socket, in the place of one that no process listens on any longer.
    ///
    /// - Throws: ``SocketError`` with `EADDRINUSE` when a process listens there, with `EEXIST` when another kind of
    ///   file is there, which is never removed, and with `EPERM` when every user may replace the file.
    static func open(_ path: String) throws(SocketError) -> UnixListeningSocket {
        try checkFolder(of: path)
        try removeStale(path)
        let descriptor = unsafe gatehouse_unix_listen(path, 0o600, ListeningSocket.backlog)
        guard descriptor >= 0 else { throw SocketError(operation: "listen on \(path)", code: errno) }
        guard let found = status(path) else {
            let code = errno
            close(descriptor)
            throw SocketError(operation: "stat \(path)", code: code)
        }
        return UnixListeningSocket(descriptor: descriptor, path: path, identity: Identity(found))
    }

    /// Removes the file, unless another one is there by now: that of a server that was started in the meantime.
    func remove() {
        guard let found = Self.status(path), Identity(found) == identity else { return }
        unsafe unlink(path)
    }

    /// In a folder that everybody may change, another user could put a socket of their own there.
    private static func checkFolder(of path: String) throws(SocketError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var found = stat()
        guard unsafe stat(folder, &found) == 0 else { throw SocketError(operation: "stat \(folder)", code: errno) }
        // A sticky folder such as /tmp permits users to remove their own files only.
        guard found.st_mode & 0o1002 != 0o002 else {
            throw SocketError(operation: "the folder \(folder) can be changed by every user", code: EPERM)
        }
    }

    /// Removes the socket of a process that has ended; never a link or a file of another kind.
    private static func removeStale(_ path: String) throws(SocketError) {
        guard let found = status(path) else {
            guard errno == ENOENT else { throw SocketError(operation: "stat \(path)", code: errno) }
            return
        }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError(operation: "\(path) is not a socket", code: EEXIST)
        }
        let connected = unsafe gatehouse_unix_connect(path)
        let code = errno
        if connected >= 0 { close(connected) }
        guard connected < 0, code == ECONNREFUSED else {
            // EAGAIN: the queue of a busy process is full.
            let isUsed = connected >= 0 || code == EAGAIN
            throw SocketError(operation: "listen on \(path)", code: isUsed ? EADDRINUSE : code)
        }
        guard unsafe unlink(path) == 0 else { throw SocketError(operation: "unlink \(path)", code: errno) }
    }

    /// Links are not followed.
    private static func status(_ path: String) -> stat? {
        var found = stat()
        return unsafe lstat(path, &found) == 0 ? found : nil
    }
}

/// The users of this machine, as the kernel numbers them.
package enum PeerUser {
    /// The user that this process runs as.
    package static var own: UInt32 { geteuid() }

    /// The user at the other end of a Unix socket, as the kernel recorded it when it connected.
    ///
    /// `nil` when the kernel does not say; such a connection is closed.
    static func of(_ descriptor: CInt) -> UInt32? {
        var user: UInt32 = 0
        return unsafe gatehouse_peer_user(descriptor, &user) == 0 ? user : nil
    }
}
