import Glibc

/// Holds a free port until a server has bound it, for callers that must know the address before they build the server.
///
/// The reserving socket is bound with `SO_REUSEPORT` and never listens: the kernel gives it no connection, and no other
/// program gets the port in the meantime.
package final class PortReservation: Sendable {
    /// The reserved address, with its port.
    package let address: SocketAddress
    private let descriptor: CInt

    /// Reserves the address's port, or a free one if it is 0.
    ///
    /// - Throws: `SocketError` when the address cannot be bound.
    package init(_ address: SocketAddress) throws(SocketError) {
        (descriptor, self.address) = try ListeningSocket.reserve(address)
    }

    deinit {
        close(descriptor)
    }
}
