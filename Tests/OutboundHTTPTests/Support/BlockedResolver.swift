import Foundation
import OutboundHTTP

/// A name server that does not answer until it is let go.
final class BlockedResolver: HostResolver {
    private let gate = DispatchSemaphore(value: 0)

    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        gate.wait()
        throw OutboundError(.resolveFailed, "no address for \(name)")
    }

    func release() { gate.signal() }
}
