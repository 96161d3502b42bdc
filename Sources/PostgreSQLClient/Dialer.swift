internal import CPostgreSQL
import Foundations

/// An open connection on its way from the thread that made it to the loop.
// SAFETY: libpq's connections may be used by any thread, one at a time; the thread that made this one keeps no copy.
@safe struct DialedConnection: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Ends the connection.
    func close() { unsafe PQfinish(pointer) }
}

/// Makes connections.
///
/// libpq looks names up and blocks while it does, so each connection is made on a thread of its own that ends with it:
/// the loop goes on with the others.
struct Dialer: Sendable {
    private let settings: ClientSettings
    private let keywords: [(String, String)]

    init(_ settings: ClientSettings) {
        self.settings = settings
        keywords = Self.keywords(settings)
    }

    /// Starts to make a connection; `completion` is called on another thread, or at once if there is none.
    func dial(_ completion: @escaping @Sendable (Result<DialedConnection, DialFailure>) -> Void) {
        do throws(OwnThread.Refusal) {
            try OwnThread(name: "gatehouse-pg") { completion(connect()) }.detach()
        } catch {
            completion(.failure(DialFailure(reason: "no thread")))
        }
    }

    private func connect() -> Result<DialedConnection, DialFailure> {
        let pointer = unsafe Self.withTexts(keywords.map(\.0)) { names in
            unsafe Self.withTexts(keywords.map(\.1)) { values in unsafe PQconnectdbParams(names, values, 1) }
        }
        guard let pointer = unsafe pointer else { return .failure(DialFailure(reason: "no memory")) }
        guard unsafe PQstatus(pointer) == CONNECTION_OK else {
            // The reason of libpq: addresses, the server's words and those of TLS; it has no password in it.
            let reason = unsafe String(cString: PQerrorMessage(pointer))
            unsafe PQfinish(pointer)
            return .failure(DialFailure(reason: reason))
        }
        guard unsafe PQsetnonblocking(pointer, 1) == 0, unsafe PQenterPipelineMode(pointer) == 1 else {
            unsafe PQfinish(pointer)
            return .failure(DialFailure(reason: "libpq refuses the pipeline mode"))
        }
        return .success(unsafe DialedConnection(pointer: pointer))
    }

    /// libpq's settings: what the address may change comes before it, what it may not comes after it.
    private static func keywords(_ settings: ClientSettings) -> [(String, String)] {
        var keywords = [
            // Never weaker than asked for: libpq's own default accepts a connection without TLS. It is ignored for a
            // Unix socket.
            ("sslmode", "verify-full"),
            // After a failover the address of several hosts leads to the one that takes changes.
            ("target_session_attrs", "read-write"),
            ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
        ]
        if let caFile = settings.caFile { keywords.append(("sslrootcert", caFile)) }
        keywords.append(("dbname", settings.address))
        if let password = settings.password { keywords.append(("password", password)) }
        keywords += [
            ("client_encoding", "UTF8"), ("application_name", "gatehouse"),
            ("connect_timeout", String(settings.connectSeconds)),
        ]
        return keywords
    }

    /// Passes a null-terminated list of C strings.
    private static func withTexts<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let lists = texts.map(\.utf8CString)
        // In one piece of memory, which is cleared: one of them is the password.
        let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: lists.reduce(0) { $0 + $1.count })
        defer {
            unsafe memory.update(repeating: 0)
            unsafe memory.deallocate()
        }
        _ = unsafe memory.initialize(from: lists.joined())
        var pointers: [UnsafePointer<CChar>?] = unsafe []
        var offset = 0
        for list in lists {
            unsafe pointers.append(UnsafePointer(memory.baseAddress?.advanced(by: offset)))
            offset += list.count
        }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}

/// Why there is no connection.
struct DialFailure: Error, Sendable {
    let reason: String
}
