import OAuthState
import OpenSSLCrypto
import SocketHTTP

extension RequestContext {
    /// The network whose share of a bounded table the request takes: an IPv4 address, or the /48 that an IPv6 site gets
    /// (RFC 6177).
    var network: SourceNetwork {
        let bytes = source.family == .v6 ? source.bytes.prefix(6) : source.bytes[...]
        // One bit tells an IPv4 address from an IPv6 prefix with the same number.
        let address = bytes.reduce(source.family == .v6 ? 1 : 0) { $0 << 8 | UInt64($1) }
        return SourceNetwork(number: address.spread)
    }

    /// Where a refresh token is used.
    var refreshOrigin: RefreshOrigin {
        let agent = SHA256.hash("user agent" + userAgent).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return RefreshOrigin(network: network, agent: agent)
    }
}

extension UInt64 {
    /// A number whose bits all depend on this one's, and which no other has: the finalizer of SplitMix64.
    ///
    /// It hides nothing: the address can be computed from it, as it could be found from a hash of so few values.
    fileprivate var spread: UInt64 {
        var bits = self &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
