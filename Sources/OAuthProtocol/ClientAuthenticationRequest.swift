import Foundations

/// RFC 6749 §2.3 and RFC 7521 §4.2: how a request to the token, revocation or introspection endpoint names and
/// authenticates its client.
///
/// This type only reads the request; other code decides whether the proof is valid.
package struct ClientAuthenticationRequest: Sendable {
    /// The proof that the request contains.
    package enum Proof: Sendable, Redacted {
        /// None: a public client that names itself.
        case none
        /// Id and secret by HTTP Basic.
        case basic(ClientSecret)
        /// Id and secret in the form.
        case post(ClientSecret)
        /// RFC 7523 §2.2: a signed assertion.
        case assertion(String)
    }

    /// RFC 7617: a client's id and secret.
    package struct BasicCredentials: Sendable {
        /// The client's id.
        package let clientID: String
        /// The client's secret.
        package let secret: ClientSecret
    }

    /// Why a request does not name a client in a way that can be checked.
    package enum Refusal: Error, Sendable {
        /// 400 `invalid_request`: contradictory or repeated credentials (TK-14, D-42).
        case contradictory(String)
        /// 401 `invalid_client`: missing or unreadable credentials.
        case unreadable(String)
    }

    /// The client that the request names; `nil` only when nothing but an assertion names it (CA-1).
    package let clientID: String?
    /// The proof of its identity.
    package let proof: Proof
    /// The undecoded Basic credentials, if decoding changes them (TK-13).
    ///
    /// A client that does not percent-encode sends an operator's secret that contains `+` or `%` as it is. Nothing
    /// shows which of the two readings is meant, so either may authenticate the client.
    package let undecoded: BasicCredentials?

    /// The longest `client_id` that is looked up, in bytes (CM-1).
    package static let clientIDByteCountMax = 2048
    /// RFC 7523 §2.2: the value of `client_assertion_type`.
    package static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// Whether HTTP Basic was used: a 401 then has `WWW-Authenticate` (RFC 6749 §5.2; TK-12).
    package var usedBasic: Bool {
        if case .basic = proof { true } else { false }
    }

    /// Reads the Authorization header and the form together; two methods at once are refused.
    package init(authorization: String?, form: FormParameters) throws(Refusal) {
        let formID = try Self.single("client_id", form)
        let formSecret = try Self.single("client_secret", form)
        let assertion = try Self.single("client_assertion", form)
        let assertionType = try Self.single("client_assertion_type", form)
        let basic = try authorization.map { (header) throws(Refusal) in try Self.basicReadings(header) }
        let ways = [basic != nil, formSecret != nil, assertion != nil].count { $0 }
        guard ways <= 1 else { throw .contradictory("more than one way of client authentication") }
        if let basic {
            let named = basic.filter { reading in formID?.hasSameBytes(as: reading.clientID) ?? true }
            guard !named.isEmpty else { throw .contradictory("client_id differs from the Authorization header") }
            let readings = named.filter { Self.isClientID($0.clientID) }
            guard let first = readings.first else { throw Self.unreadableClientID }
            clientID = first.clientID
            proof = .basic(first.secret)
            undecoded = readings.dropFirst().first
            return
        }
        undecoded = nil
        if let assertion {
            guard assertionType == Self.assertionType else {
                throw .contradictory("client_assertion_type must be \(Self.assertionType)")
            }
            clientID = formID
            proof = .assertion(assertion)
        } else if let formID {
            guard assertionType == nil else { throw .contradictory("client_assertion is missing") }
            clientID = formID
            proof = formSecret.map { .post(ClientSecret(wireValue: $0)) } ?? .none
        } else {
            throw .unreadable("client authentication is required")
        }
        guard let clientID else { return }
        guard Self.isClientID(clientID) else { throw Self.unreadableClientID }
    }

    /// Whether a text is a valid client id: printable ASCII without spaces, of bounded length (CM-1).
    package static func isClientID(_ text: String) -> Bool {
        text.utf8.count <= clientIDByteCountMax && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static var unreadableClientID: Refusal {
        .unreadable("client_id is not printable ASCII of at most \(clientIDByteCountMax) bytes")
    }

    private static func single(_ name: String, _ form: FormParameters) throws(Refusal) -> String? {
        do { return try form.single(name) } catch { throw .contradictory("parameter \(name) is repeated") }
    }

    // RFC 6749 §2.3.1: both parts are form-encoded, but the TypeScript SDK does not encode them. Ids and secrets issued
    // here need no encoding, an operator's may (TK-13). The scheme is case-insensitive (RFC 9110 §11.1).
    private static func basicReadings(_ header: String) throws(Refusal) -> [BasicCredentials] {
        let symbols = header.utf8.span
        let scheme = basicScheme.utf8
        guard symbols.count > scheme.count,
            header.utf8.prefix(scheme.count).elementsEqual(scheme, by: { $0.lowercasedASCII == $1 })
        else { throw .unreadable("the Authorization header must use Basic") }
        guard
            let bytes = Base64.decode(symbols.extracting(scheme.count..<symbols.count)),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let rawID = String(strictUTF8: bytes.span.extracting(0..<colon)),
            let rawSecret = String(strictUTF8: bytes.span.extracting(colon + 1..<bytes.count))
        else { throw .unreadable("the Authorization header is not Basic credentials") }
        guard !rawID.isEmpty else { throw .unreadable("the Authorization header does not name a client") }
        let raw = BasicCredentials(clientID: rawID, secret: ClientSecret(wireValue: rawSecret))
        guard !PercentEncoding.isPlain(bytes.span, plusIsSpace: true) else { return [raw] }
        let id = PercentEncoding.decode(rawID, plusIsSpace: true) ?? rawID
        let secret = PercentEncoding.decode(rawSecret, plusIsSpace: true) ?? rawSecret
        guard !id.hasSameBytes(as: rawID) || !secret.hasSameBytes(as: rawSecret) else { return [raw] }
        return [BasicCredentials(clientID: id, secret: ClientSecret(wireValue: secret)), raw]
    }

    private static let basicScheme = "basic "
}
