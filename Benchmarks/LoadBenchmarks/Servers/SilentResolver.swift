import Glibc
import OutboundHTTP

/// A name server that never answers, until the system gives it up.
struct SilentResolver: HostResolver {
    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        // As long as `SystemHostResolver` waits on behalf of strangers for one name server.
        poll(nil, 0, 2000)
        throw OutboundError(.resolveFailed, "no address for \(name)")
    }
}
