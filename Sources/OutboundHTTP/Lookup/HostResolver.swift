internal import CLinux
import Glibc

/// Finds a name's addresses for the strict address policies, which must check all of them.
package protocol HostResolver: Sendable {
    /// Every address of the name, at least one; called on a thread that may block.
    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress]
}

/// Asks the system: the hosts file and name servers configured on this machine.
package struct SystemHostResolver: HostResolver {
    /// How a name is understood, and how long its name servers are waited for.
    package enum Manner: Sendable {
        /// As every program on this machine does, search list and hosts file included.
        ///
        /// It suits names that the operator has configured, such as a service name of the cluster.
        case configured
        /// As the full name in the DNS, which suits names that strangers supply.
        ///
        /// The search list does not apply, because it would let strangers ask for internal names and multiply the
        /// questions of one look-up (Kubernetes has four suffixes). A silent name server is given up after 2 s, so that
        /// a made-up name does not hold a thread for the 10 to 30 s of the system's defaults.
        case absolute
    }

    /// For how long one silent name server is waited for on behalf of strangers.
    static let secondsPerServerMax: Int32 = 2

    private let manner: Manner

    /// Makes the resolver.
    package init(_ manner: Manner = .configured) {
        self.manner = manner
    }

    /// Every address that `getaddrinfo` returns.
    package func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        if case .absolute = manner { gatehouse_bound_resolver(Self.secondsPerServerMax) }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = gatehouse_stream_socket()
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(question(for: name), nil, &hints, &first) == 0 else {
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

    /// The name as the system is asked for it.
    ///
    /// With a final dot a name is complete, and no search list applies. RFC 6761 §6.3: `localhost` is not a name of the
    /// DNS; the hosts file has it, without a dot.
    func question(for name: String) -> String {
        switch manner {
        case .configured: name
        case .absolute: name == "localhost" || name.hasSuffix(".localhost") ? name : name + "."
        }
    }
}
