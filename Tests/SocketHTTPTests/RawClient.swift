import Glibc
import SocketHTTP

/// A plain blocking socket, so that a test says every byte itself.
final class RawClient {
    struct Failure: Error {
        let operation: String
        let code: CInt
    }

    let descriptor: CInt

    /// Connects; reads give up after a minute, which only a broken server or a very busy machine takes.
    init(_ address: SocketAddress, receiveBufferBytes: CInt? = nil) throws {
        let family = address.ip.family == .v4 ? AF_INET : AF_INET6
        descriptor = socket(family, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBufferBytes {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        let result: CInt
        switch address.ip.family {
        case .v4:
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &name.sin_addr) { unsafe $0.copyBytes(from: address.ip.bytes) }
            result = connect(name)
        case .v6:
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { unsafe $0.copyBytes(from: address.ip.bytes) }
            result = connect(name)
        }
        guard result == 0 else { throw Failure(operation: "connect", code: errno) }
    }

    /// Takes a socket that is connected; it becomes a blocking one.
    init(connected: CInt) {
        descriptor = connected
        _ = fcntl(descriptor, F_SETFL, 0)
    }

    deinit {
        close(descriptor)
    }

    private func connect<Name>(_ name: Name) -> CInt {
        unsafe withUnsafePointer(to: name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
            }
        }
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(operation: "send", code: errno) }
            sent += count
        }
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Some bytes, as they come; empty at the end of the stream.
    func receive(atMost count: Int = 65_536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard received >= 0 else { throw Failure(operation: "recv", code: errno) }
        return Array(buffer.prefix(received))
    }

    /// Everything until the server closes.
    func receiveAll() throws -> String {
        var all: [UInt8] = []
        while true {
            let piece = try receive()
            if piece.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += piece
        }
    }

    private var pending: [UInt8] = []

    /// One response, framed by its Content-Length.
    func receiveResponse(toHead isHead: Bool = false) throws -> ReceivedResponse {
        while true {
            if let (response, length) = ReceivedResponse.parse(pending, isHead: isHead) {
                pending.removeFirst(length)
                return response
            }
            let piece = try receive()
            guard !piece.isEmpty else { throw Failure(operation: "end of stream", code: 0) }
            pending += piece
        }
    }
}

/// A response as it came over the wire.
struct ReceivedResponse {
    let statusLine: String
    let fields: [(name: String, value: String)]
    let body: String

    var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    static func parse(_ bytes: [UInt8], isHead: Bool) -> (ReceivedResponse, Int)? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4, let index = (0...(bytes.count - 4)).first(where: { Array(bytes[$0..<($0 + 4)]) == end })
        else { return nil }
        let lines = String(decoding: bytes[..<index], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            return (name: String(parts[0]), value: value)
        }
        let announced = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        let length = isHead ? 0 : announced
        guard bytes.count >= index + 4 + length else { return nil }
        let body = String(decoding: bytes[(index + 4)..<(index + 4 + length)], as: UTF8.self)
        return (ReceivedResponse(statusLine: lines.first ?? "", fields: fields, body: body), index + 4 + length)
    }
}
