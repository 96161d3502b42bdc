import OAuthProtocol
import ServerConfiguration

/// RFC 6749 §4: one way to get tokens.
///
/// A grant is one file in `Token/Grants`, one line in ``GrantList``, and one test file. Its ``declaration`` is all that
/// the rest of the server knows about it.
///
/// The token endpoint has already parsed the form, authenticated the client and checked that it may use the grant, so a
/// grant cannot forget a shared step.
protocol Grant: Sendable {
    /// What the rest of the server says about the grant.
    static var declaration: GrantDeclaration { get }

    /// Whether a configuration asks for the grant; what is not offered is not advertised either.
    static func isOffered(_ configuration: Configuration) -> Bool

    /// The grant over what all grants share.
    init(_ ground: GrantGround)

    /// Whether a request with the grant's `grant_type` is for it: two grants may have the same type, such as the two
    /// meanings of token exchange, and the first in the list that accepts the form evaluates it.
    func accepts(_ form: FormParameters) -> Bool

    /// Evaluates a request.
    ///
    /// - Returns: The JSON body of the 200 answer, already durable.
    /// - Throws: The error that the client may see.
    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8]
}

extension Grant {
    static func isOffered(_ configuration: Configuration) -> Bool { true }

    func accepts(_ form: FormParameters) -> Bool { true }
}

/// RFC 6749 §3.2: a token request whose client, if it needs one, is authenticated and may use the grant.
struct TokenRequest: Sendable {
    /// The form.
    let form: FormParameters
    /// The authenticated client; `nil` only where the grant's declaration makes the client optional.
    let sender: Client?
    /// The request's time and source.
    let context: RequestContext
    /// RFC 9449 §5: the key whose possession the request proves; the tokens are bound to it.
    var key: KeyThumbprint?

    /// The authenticated client.
    ///
    /// - Throws: `invalid_client` when the grant makes the client optional and the request names none.
    var client: Client {
        get throws(OAuthError) {
            guard let sender else { throw OAuthError(.invalidClient, "client authentication is required") }
            return sender
        }
    }

    /// `resource` in its registered spelling, if the request has it (RFC 8707 §2.2; RI-2: one).
    func resource(in catalogue: ResourceCatalogue) throws(OAuthError) -> String? {
        let requested = form.values("resource")
        guard !requested.isEmpty else { return nil }
        return try catalogue.resource(requested: requested).uri
    }

    /// `scope`, if the request has it; only spaces count as absent.
    func scopes() throws(OAuthError) -> ScopeSet? {
        guard let text = try form.once("scope") else { return nil }
        let scopes = try ScopeSet(parsing: text)
        return scopes.isEmpty ? nil : scopes
    }
}
