import OAuthState
import OpenSSLCrypto
import SocketHTTP

extension RequestContext {
    /// The network whose share of a bounded table the request takes: an IPv4 address, or the /48 that an IPv6 site gets
    /// (RFC 6177).
    var network: SourceNetwork {
        let bytes = source.family == .v6 ? Array(source.bytes.prefix(6)) : source.bytes
        let digest = SHA256.hash(Array("source network".utf8) + bytes)
        return SourceNetwork(number: digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Where a refresh token is used.
    var refreshOrigin: RefreshOrigin {
        let agent = SHA256.hash("user agent" + userAgent).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return RefreshOrigin(network: network, agent: agent)
    }
}
