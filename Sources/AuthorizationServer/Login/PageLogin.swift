import Foundations
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// A login at a provider that one of our own pages started, on its way through the browser, sealed in its cookie.
struct PageLogin: Sendable, Redacted {
    /// What the login is for.
    enum Purpose: Sendable {
        /// To identify the user who views the connections page.
        case connectionsPage
        /// To identify the user who follows a connect link; the text is the link's last segment.
        case connectLink(String)
        /// To connect or widen the upstream that the link names.
        case connect(ConnectLink)
    }

    let state: SHA256Digest
    let leg: LoginLeg
    let purpose: Purpose
    let expiry: Timestamp

    /// The key under which the store remembers that the login was finished.
    var useID: SHA256Digest { SHA256.hash(Array("page login:".utf8) + state.bytes) }
}

extension PageLogin {
    func write(to writer: inout BinaryWriter) {
        writer.write(state)
        writer.write(leg.upstream)
        writer.write(leg.verifier.value)
        writer.write(leg.nonce) { $0.write($1) }
        writer.write(expiry)
        switch purpose {
        case .connectionsPage:
            writer.write(UInt8(0))
        case .connectLink(let text):
            writer.write(UInt8(1))
            writer.write(text)
        case .connect(let link):
            writer.write(UInt8(2))
            link.write(to: &writer)
        }
    }

    init(from reader: inout BinaryReader) throws(RecordError) {
        state = try reader.digest()
        let upstream = try reader.string()
        guard let verifier = CodeVerifier(try reader.string()) else { throw RecordError("not a verifier") }
        leg = LoginLeg(
            upstream: upstream,
            verifier: verifier,
            nonce: try reader.optional { (reader) throws(RecordError) in try reader.string() }
        )
        expiry = try reader.timestamp()
        switch try reader.integer(UInt8.self) {
        case 0: purpose = .connectionsPage
        case 1: purpose = .connectLink(try reader.string())
        case 2: purpose = .connect(try ConnectLink(from: &reader))
        default: throw RecordError("unknown purpose of a login")
        }
    }
}
