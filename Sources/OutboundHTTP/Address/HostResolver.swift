import Glibc

/// Finds a name's addresses for the strict address policies, which must check all of them.
package protocol HostResolver: Sendable {
    /// Every address of the name, at least one; called on a thread that may block.
    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress]
}

/// Asks the system: the hosts file and name servers configured on this machine.
package struct SystemHostResolver: HostResolver {
    /// Makes the resolver.
    package init() {}

    /// Every address that `getaddrinfo` returns.
    package func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &first) == 0 else {
            throw OutboundError(.resolveFailed, "no address for \(name)")
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [RemoteAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let socketAddress = unsafe entry.pointee.ai_addr,
                let address = unsafe RemoteAddress(socketAddress, length: Int(entry.pointee.ai_addrlen))
            {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw OutboundError(.resolveFailed, "no address for \(name)") }
        return addresses
    }
}
