/// RFC 6749 §2.3 and RFC 7521 §4.2: how a request to the token, revocation or introspection endpoint names and proves
/// its client.
///
/// Reading only; whether the proof holds is decided elsewhere.
package struct ClientAuthenticationRequest: Sendable {
    /// The proof that came along.
    package enum Proof: Sendable, RedactedSecret {
        /// None: a public client that names itself.
        case none
        /// Id and secret by HTTP Basic.
        case basic(ClientSecret)
        /// Id and secret in the form.
        case post(ClientSecret)
        /// RFC 7523 §2.2: a signed assertion.
        case assertion(String)
    }

    /// Why a request names no client in a way that can be checked.
    package enum Refusal: Error, Sendable {
        /// 400 `invalid_request`: contradictory or repeated credentials (TK-14, D-42).
        case contradictory(String)
        /// 401 `invalid_client`: credentials that cannot be read, or none.
        case unreadable(String)
    }

    /// The client that the request names; `nil` only when an assertion alone names it (CA-1).
    package let clientID: String?
    /// Its proof.
    package let proof: Proof
    /// The secret of HTTP Basic as it stands, when decoding changes it: most HTTP libraries do not encode, and a secret
    /// of the operator's choice may hold `+` or `%` (TK-13).
    package let unencodedSecret: ClientSecret?

    /// Longest `client_id` that is looked up, in bytes (CM-1).
    package static let clientIDByteCountMax = 2048
    /// RFC 7523 §2.2.
    package static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// Reads the Authorization header and the form together; two ways of authenticating at once are refused.
    package init(authorization: String?, form: FormParameters) throws(Refusal) {
        let formID = try Self.single("client_id", form)
        let formSecret = try Self.single("client_secret", form)
        let assertion = try Self.single("client_assertion", form)
        let assertionType = try Self.single("client_assertion_type", form)
        let basic = try authorization.map { (header) throws(Refusal) in try Self.basicCredentials(header) }
        let ways = [basic != nil, formSecret != nil, assertion != nil].count { $0 }
        unencodedSecret = basic?.unencodedSecret
        guard ways <= 1 else { throw .contradictory("more than one way of client authentication") }
        if let basic {
            guard formID?.hasSameBytes(as: basic.id) ?? true else {
                throw .contradictory("client_id differs from the Authorization header")
            }
            clientID = basic.id
            proof = .basic(basic.secret)
        } else if let assertion {
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
        guard clientID.utf8.count <= Self.clientIDByteCountMax, clientID.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .unreadable("client_id is not printable ASCII of at most \(Self.clientIDByteCountMax) bytes") }
    }

    private static func single(_ name: String, _ form: FormParameters) throws(Refusal) -> String? {
        do { return try form.single(name) } catch { throw .contradictory("parameter \(name) is repeated") }
    }

    // RFC 6749 §2.3.1: both parts are form-encoded; the TypeScript SDK does not encode them, and our ids and secrets
    // need none (TK-13). The scheme is case-insensitive (RFC 9110 §11.1).
    private static func basicCredentials(_ header: String) throws(Refusal) -> BasicCredentials {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic" else {
            throw .unreadable("the Authorization header must use Basic")
        }
        guard
            let bytes = Base64.decode(String(parts[1])), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { throw .unreadable("the Authorization header is not Basic credentials") }
        let rawID = text[..<colon]
        let rawSecret = text[text.index(after: colon)...]
        let id = PercentEncoding.decode(rawID, plusIsSpace: true) ?? String(rawID)
        let secret = PercentEncoding.decode(rawSecret, plusIsSpace: true) ?? String(rawSecret)
        guard !id.isEmpty else { throw .unreadable("the Authorization header names no client") }
        let isUnchanged = secret.utf8.elementsEqual(rawSecret.utf8)
        return BasicCredentials(
            id: id,
            secret: ClientSecret(wireValue: secret),
            unencodedSecret: isUnchanged ? nil : ClientSecret(wireValue: String(rawSecret))
        )
    }

    private struct BasicCredentials {
        let id: String
        let secret: ClientSecret
        let unencodedSecret: ClientSecret?
    }
}
