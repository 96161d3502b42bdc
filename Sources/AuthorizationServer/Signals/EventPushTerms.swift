import Foundations
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import OutboundHTTP

/// RFC 8935: which addresses events are pushed to, and how what is sent along is kept.
package struct EventPushTerms: Sendable {
    /// Loopback is allowed only while the server itself is there (LF-8).
    private let allowsLoopback: Bool
    private let sealing: TextSealing

    /// The longest address, in bytes.
    package static let endpointByteCountMax = 2048
    /// The longest value of an `Authorization` field, in bytes.
    package static let authorizationByteCountMax = 4096

    /// Terms of an issuer; what is sealed opens only with the server's root secret.
    package init(issuer: Issuer, rootSecret: [UInt8], random: any RandomSource) throws(CryptoError) {
        allowsLoopback = issuer.isLoopback
        sealing = try TextSealing(secret: rootSecret, domain: "gatehouse event push 1", random: random)
    }

    /// Which addresses a request may be sent to: receivers name them, so none of this server's own network.
    package var addressPolicy: AddressPolicy { allowsLoopback ? .loopbackAllowed : .publicOnly }

    /// SSF 1.0 §6.1.1: where a receiver wants its events.
    ///
    /// - Throws: `invalid_request` for an address or a value that is refused; it repeats neither.
    package func push(_ delivery: JSONObject, of stream: EventStreamID) throws(OAuthError) -> EventPush {
        guard let endpoint = delivery["endpoint_url"]?.stringValue else {
            throw OAuthError(.invalidRequest, "endpoint_url is required where events are pushed")
        }
        try check(endpoint)
        guard let value = delivery["authorization_header"], value != .null else {
            return EventPush(endpoint: endpoint, sealedAuthorization: nil)
        }
        guard let text = value.stringValue, Self.isFieldValue(text) else {
            throw OAuthError(
                .invalidRequest,
                "authorization_header must be printable ASCII of at most \(Self.authorizationByteCountMax) bytes"
            )
        }
        do throws(CryptoError) {
            let sealed = try sealing.seal(Array(text.utf8), for: stream.text)
            return EventPush(endpoint: endpoint, sealedAuthorization: sealed)
        } catch {
            throw OAuthError(.serverError, "the stream could not be kept")
        }
    }

    /// The value of the `Authorization` field; `nil` when it does not open, because the root secret is another one.
    package func authorization(_ sealed: String, of stream: EventStreamID) -> PushAuthorization? {
        sealing.open(sealed, for: stream.text).map { PushAuthorization(value: String(decoding: $0, as: UTF8.self)) }
    }

    // What the name resolves to is judged with each request, at the address that the socket is connected to.
    private func check(_ endpoint: String) throws(OAuthError) {
        guard endpoint.utf8.count <= Self.endpointByteCountMax else {
            throw Self.refusal("must have at most \(Self.endpointByteCountMax) bytes")
        }
        guard let uri = URIReference(endpoint), let host = uri.host, !host.isEmpty else {
            throw Self.refusal("must be an absolute URL in plain ASCII")
        }
        guard uri.scheme == "https" || (allowsLoopback && uri.scheme == "http" && uri.isLoopbackHost) else {
            throw Self.refusal("must begin with https://")
        }
        guard uri.userInformation == nil else { throw Self.refusal("must not have user information") }
        guard uri.fragment == nil else { throw Self.refusal("must not have a fragment") }
        switch HostSpelling.classify(host) {
        case .name: return
        case .address(let address) where addressPolicy.permits(address): return
        case .address, .refused: throw Self.refusal("must not lead to an address of this server's own network")
        }
    }

    private static func refusal(_ text: String) -> OAuthError { OAuthError(.invalidRequest, "endpoint_url " + text) }

    // RFC 9110 §5.5: a line break would start a field that the receiver wrote.
    private static func isFieldValue(_ text: String) -> Bool {
        (1...authorizationByteCountMax).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && text.utf8.first != UInt8(ascii: " ") && text.utf8.last != UInt8(ascii: " ")
    }
}

/// What a receiver wants in the `Authorization` field of each request.
package struct PushAuthorization: Redacted, Sendable {
    /// The value, a secret of the receiver.
    package let value: String
}
