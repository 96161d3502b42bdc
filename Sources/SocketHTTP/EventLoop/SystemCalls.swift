import Glibc

/// The loops' system calls, with EINTR retried and results as values.
enum SystemCalls {
    /// The result of one attempt to move bytes.
    enum Transfer {
        case bytes(Int)
        case wouldBlock
        /// The connection is broken: reset, broken pipe and similar errors.
        case failed(CInt)
    }

    static func receive(_ descriptor: CInt, into buffer: inout [UInt8]) -> Transfer {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }

    /// MSG_NOSIGNAL: a client that has closed is an error of this connection, not a signal to the process.
    static func send(_ descriptor: CInt, _ bytes: Span<UInt8>) -> Transfer {
        while true {
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(descriptor, raw.baseAddress, raw.count, CInt(MSG_NOSIGNAL))
            }
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }

    static func setOption(_ descriptor: CInt, _ level: CInt, _ name: CInt, _ value: CInt = 1) {
        var value = value
        unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }
}
