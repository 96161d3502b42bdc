import Foundation
import Glibc
import Synchronization

/// A TCP server on a free loopback port that answers with whatever bytes a test writes: right, wrong, slow or none.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let accepted = Count()

    private final class Count: Sendable {
        let count = Mutex(0)
    }

    /// Serves each connection on a thread of its own; the connection is closed when `serve` returns.
    init(_ serve: @escaping @Sendable (RawConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) == 0 && listen(listener, 512) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        Thread { [accepted] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    guard errno == EINVAL else { continue }
                    break
                }
                accepted.count.withLock { $0 += 1 }
                Thread {
                    serve(RawConnection(descriptor: connection))
                    close(connection)
                }.start()
            }
            // By its only user: if `deinit` closed it, the number could be another server's when this thread accepts
            // again, and that server's connection would be taken.
            close(listener)
        }.start()
    }

    deinit {
        // Wakes the accepting thread.
        Glibc.shutdown(listener, Int32(SHUT_RDWR))
    }

    var connectionCount: Int { accepted.count.withLock { $0 } }

    func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    /// Answers every request on every connection with the same bytes.
    static func answering(_ response: String) throws -> RawServer {
        try RawServer { connection in
            while connection.readRequest() != nil { guard connection.write(response) else { return } }
        }
    }

    /// Reads requests, reports each and never answers.
    static func silent(_ onRequest: @escaping @Sendable (RawRequest) -> Void = { _ in }) throws -> RawServer {
        try RawServer { connection in
            if let request = connection.readRequest() { onRequest(request) }
            connection.waitForClose()
        }
    }
}

/// A request as it arrived.
struct RawRequest: Sendable {
    var head: String
    var body: String

    var line: String { head.components(separatedBy: "\r\n").first ?? "" }

    var lineCount: Int { head.components(separatedBy: "\r\n").count }

    func values(of name: String) -> [String] {
        head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.first?.lowercased() == name.lowercased() else { return nil }
            return parts.dropFirst().first?.trimmingCharacters(in: .whitespaces) ?? ""
        }
    }
}

/// The server's end of one connection.
struct RawConnection: Sendable {
    let descriptor: Int32

    /// The next request, or nil when the peer has closed.
    func readRequest() -> RawRequest? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = bytes.firstRange(of: end) {
                var request = RawRequest(head: String(decoding: bytes[..<range.lowerBound], as: UTF8.self), body: "")
                let length = request.values(of: "Content-Length").first.flatMap { Int($0) } ?? 0
                var body = Array(bytes[range.upperBound...])
                while body.count < length {
                    guard let more = read() else { return nil }
                    body += more
                }
                request.body = String(decoding: body, as: UTF8.self)
                return request
            }
            guard let more = read() else { return nil }
            bytes += more
        }
    }

    /// Writes all of it; false when the peer has closed.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor,
                    buffer.baseAddress?.advanced(by: written),
                    buffer.count - written,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// Returns when the peer has closed, or with false when it has not for that long.
    @discardableResult
    func waitForClose(milliseconds: Int32 = -1) -> Bool {
        var poller = pollfd(descriptor: descriptor)
        while unsafe poll(&poller, 1, milliseconds) > 0 {
            if read() == nil { return true }
        }
        return false
    }

    private func read() -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            unsafe count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
        }
        return bytes.isEmpty ? nil : bytes
    }
}

extension pollfd {
    fileprivate init(descriptor: Int32) {
        self.init(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }
}
