internal import CCurl
import Glibc

/// The functions that libcurl calls during a transfer; the context of each is its `Exchange`, which outlives its handle.
enum CurlCallbacks {
    /// A header line of any response block, of a trailer too.
    static let headerLine: gatehouse_curl_data_callback = { bytes, size, count, context in
        unsafe CurlCallbacks.deliver(bytes, size * count, context) { $0.takeHeaderLine($1) }
    }

    /// The next bytes of the body.
    static let body: gatehouse_curl_data_callback = { bytes, size, count, context in
        unsafe CurlCallbacks.deliver(bytes, size * count, context) { $0.takeBody($1) }
    }

    /// Opens a socket for an address if the policy permits it.
    ///
    /// The socket is then connected to this very address: there is
    /// no second look-up that could answer differently (D-81, D-83).
    static let openSocket: curl_opensocket_callback = { context, purpose, address in
        guard let context = unsafe context, let address = unsafe address else { return CurlCallbacks.badSocket }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        let length = Int(unsafe address.pointee.addrlen)
        let remote = unsafe withUnsafePointer(to: &address.pointee.addr) { unsafe RemoteAddress($0, length: length) }
        guard let remote, purpose == CURLSOCKTYPE_IPCXN else { return CurlCallbacks.badSocket }
        guard exchange.request.addressPolicy.permits(remote) else {
            exchange.refusedAddress = remote
            return CurlCallbacks.badSocket
        }
        let kind = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return unsafe socket(address.pointee.family, kind, address.pointee.protocol)
    }

    /// Asked when a connection stands and before anything is written, on new and on pooled connections alike.
    static let beforeRequest: curl_prereq_callback = { context, address, _, _, _ in
        guard let context = unsafe context else { return CurlCallbacks.abort }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        // A pooled connection was vetted when it was opened; the check costs nothing and holds whatever the pool does.
        let remote = unsafe address.flatMap { unsafe RemoteAddress(String(cString: $0)) }
        if let remote, !exchange.request.addressPolicy.permits(remote) {
            exchange.refusedAddress = remote
            return CurlCallbacks.abort
        }
        // RFC 9110 §9.2.2: libcurl sends a request again when a pooled connection turns out dead. A POST may have been
        // carried out by then, and a refresh token presented twice ends a connection with its provider.
        exchange.attempts += 1
        let isIdempotent = exchange.request.method != "POST" && exchange.request.method != "PATCH"
        return exchange.attempts == 1 || isIdempotent ? Int32(CURL_PREREQFUNC_OK) : CurlCallbacks.abort
    }

    private static let badSocket: curl_socket_t = -1
    private static let abort = Int32(CURL_PREREQFUNC_ABORT)

    /// Passes bytes on; any count but the one given aborts the transfer.
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
