import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 9126: an authorization request that its client has pushed, sealed into its `request_uri`.
///
/// Nothing is stored at the push: the reference is the request itself, readable by this server only, so that a flood of
/// pushes costs no memory (LF-2).
struct PushedRequest: Hashable, Sendable {
    /// Names the push, which is completed once.
    let id: SHA256Digest
    /// The client that pushed it.
    let clientID: String
    /// The parameters of the request, as a query.
    let query: String
    /// When the reference ends (RFC 9126 §2.2).
    let expiry: Timestamp

    /// How long a reference can be used to start a login (PA-1).
    static let lifetime: Duration = .seconds(90)
    /// The longest request, in bytes: its reference has to fit into an address.
    static let queryByteCountMax = 4_096
    /// RFC 9126 §2.2: how a reference begins.
    static let prefix = "urn:ietf:params:oauth:request_uri:"
}

/// Seals and opens pushed requests.
struct PushedRequestSealing: Sendable {
    private let sealing: TextSealing
    private let random: any RandomSource
    private static let purpose = "gatehouse pushed request 1"

    /// Sealing under a key derived from the server's secret.
    init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
        self.random = random
    }

    /// The `request_uri` of a request.
    func reference(to query: String, of clientID: String, now: Timestamp) throws(CryptoError) -> String {
        var writer = BinaryWriter(reserving: 512)
        writer.write(SHA256.hash(random.bytes(16)))
        writer.write(clientID)
        writer.write(query)
        writer.write(now + PushedRequest.lifetime)
        return PushedRequest.prefix + (try sealing.seal(writer.bytes, for: Self.purpose))
    }

    /// The request behind a `request_uri`; `nil` when it is not one of ours.
    ///
    /// The caller checks client and expiry.
    func open(_ reference: String) -> PushedRequest? {
        guard reference.hasPrefix(PushedRequest.prefix) else { return nil }
        let text = String(reference.dropFirst(PushedRequest.prefix.count))
        return sealing.open(text, for: Self.purpose) { (reader) throws(RecordError) in
            PushedRequest(
                id: try reader.digest(),
                clientID: try reader.string(),
                query: try reader.string(),
                expiry: try reader.timestamp()
            )
        }
    }
}
