internal import CCurl
import Glibc

/// The functions that libcurl calls during a transfer.
///
/// The context of each is its `Exchange`, which outlives its handle.
enum CurlCallbacks {
    /// Receives a header line of any response block, or of a trailer.
    static let headerLine: gatehouse_curl_data_callback = { bytes, size, count, context in
        unsafe CurlCallbacks.deliver(bytes, size * count, context) { $0.takeHeaderLine($1) }
    }

    /// Receives the next bytes of the body.
    static let body: gatehouse_curl_data_callback = { bytes, size, count, context in
        unsafe CurlCallbacks.deliver(bytes, size * count, context) { $0.takeBody($1) }
    }

    /// Opens a socket for an address if the policy permits it.
    ///
    /// The socket is then connected to this very address: there is no second look-up that could answer differently
    /// (D-81, D-83).
    static let openSocket: curl_opensocket_callback = { context, purpose, address in
        guard let context = unsafe context, let address = unsafe address else { return CurlCallbacks.badSocket }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        if exchange.usesUnixSocket {
            guard unsafe address.pointee.family == AF_UNIX else { return CurlCallbacks.badSocket }
            return unsafe socket(AF_UNIX, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        let length = Int(unsafe address.pointee.addrlen)
        let remote = unsafe withUnsafePointer(to: &address.pointee.addr) { unsafe RemoteAddress($0, length: length) }
        guard let remote, purpose == CURLSOCKTYPE_IPCXN else { return CurlCallbacks.badSocket }
        // The operator chose the proxy; what it connects to is for its own rules.
        guard exchange.submission.plan.isProxied || exchange.request.addressPolicy.permits(remote) else {
            exchange.refusedAddress = remote
            return CurlCallbacks.badSocket
        }
        let kind = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return unsafe socket(address.pointee.family, kind, address.pointee.protocol)
    }

    /// Called when a connection is established and before anything is written, on new and on pooled connections.
    static let beforeRequest: curl_prereq_callback = { context, address, _, _, _ in
        guard let context = unsafe context else { return CurlCallbacks.abort }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        // A pooled connection was checked when it was opened; this check is cheap and holds whatever the pool does.
        let remote = unsafe address.flatMap { unsafe RemoteAddress(String(cString: $0)) }
        if let remote, !exchange.submission.plan.isProxied, !exchange.request.addressPolicy.permits(remote) {
            exchange.refusedAddress = remote
            return CurlCallbacks.abort
        }
        // RFC 9110 §9.2.2: libcurl sends a request again when a pooled connection turns out to be closed. A POST may
        // have been carried out by then, and a provider revokes a connection when a refresh token is presented twice.
        exchange.attempts += 1
        let isIdempotent = exchange.request.method != "POST" && exchange.request.method != "PATCH"
        return exchange.attempts == 1 || isIdempotent ? Int32(CURL_PREREQFUNC_OK) : CurlCallbacks.abort
    }

    private static let badSocket: curl_socket_t = -1
    private static let abort = Int32(CURL_PREREQFUNC_ABORT)

    /// Passes bytes on; any count other than the given one aborts the transfer.
    private static func deliver(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        _ context: UnsafeMutableRawPointer?,
        to take: (inout ResponseCollector, Span<UInt8>) -> Bool
    ) -> Int {
        guard let context = unsafe context, count > 0 else { return 0 }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        let isTaken = unsafe buffer.withMemoryRebound(to: UInt8.self) { unsafe take(&exchange.collector, $0.span) }
        return isTaken ? count : count &- 1
    }
}
