import Glibc

/// Bound and listening sockets, before a loop takes them.
enum ListeningSocket {
    /// Most connections that the kernel accepts ahead for one socket.
    static let backlog: CInt = 4_096

    /// Opens `count` sockets on one address; port 0 becomes the same free port for all of them.
    static func open(
        _ address: SocketAddress,
        isReserved: Bool,
        count: Int
    ) throws(SocketError) -> (address: SocketAddress, descriptors: [CInt]) {
        // SO_REUSEPORT would allow a second server of this user to share the port unnoticed: try without it first.
        if address.port != 0, !isReserved { close(try bound(address, sharesPort: false)) }
        var descriptors: [CInt] = []
        do throws(SocketError) {
            var address = address
            for _ in 0..<count {
                let descriptor = try bound(address, sharesPort: true)
                descriptors.append(descriptor)
                guard listen(descriptor, backlog) == 0 else {
                    throw SocketError(operation: "listen on \(address)", code: errno)
                }
                address = try localAddress(descriptor)
            }
            return (address, descriptors)
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
    }

    /// Binds a socket that will never listen, so that its port stays free for this process.
    static func reserve(_ address: SocketAddress) throws(SocketError) -> (descriptor: CInt, address: SocketAddress) {
        if address.port != 0 { close(try bound(address, sharesPort: false)) }
        let descriptor = try bound(address, sharesPort: true)
        do throws(SocketError) {
            return (descriptor, try localAddress(descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func bound(_ address: SocketAddress, sharesPort: Bool) throws(SocketError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.domain, type, 0)
        guard descriptor >= 0 else { throw SocketError(operation: "socket", code: errno) }
        SystemCalls.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if sharesPort { SystemCalls.setOption(descriptor, SOL_SOCKET, SO_REUSEPORT) }
        // One family per socket: `[::]` and `0.0.0.0` are two listeners on every machine.
        if address.ip.family == .v6 { SystemCalls.setOption(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY) }
        let result = unsafe address.withSystemAddress { unsafe bind(descriptor, $0, $1) }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw SocketError(operation: "bind \(address)", code: code)
        }
        return descriptor
    }

    private static func localAddress(_ descriptor: CInt) throws(SocketError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(descriptor, address, &length)
            }
        }
        guard result == 0, let address = SocketAddress(storage) else {
            throw SocketError(operation: "getsockname", code: errno)
        }
        return address
    }
}
