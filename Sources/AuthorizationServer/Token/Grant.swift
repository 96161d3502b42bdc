package import OAuthProtocol

/// RFC 6749 §4: one way to get tokens.
///
/// A grant is one file, one line in the composition root, one test file.
///
/// The token endpoint has already parsed the form, authenticated the client and checked that it may use the grant, so a
/// grant cannot forget a shared step.
package protocol Grant: Sendable {
    /// The `grant_type` of requests for it.
    var grantType: GrantType { get }

    /// Evaluates a request.
    ///
    /// - Returns: The JSON body of the 200 answer, already durable.
    /// - Throws: The error that the client may see.
    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8]
}

/// RFC 6749 §3.2: a token request whose client is authenticated.
package struct TokenRequest: Sendable {
    /// The form.
    package let form: FormParameters
    /// The authenticated client.
    package let client: Client
    /// The request's time and source.
    package let context: RequestContext

    /// `resource` in its registered spelling, if the request has it (RFC 8707 §2.2; RI-2: one).
    package func resource(in catalogue: ResourceCatalogue) throws(OAuthError) -> String? {
        let requested = form.values("resource")
        guard !requested.isEmpty else { return nil }
        return try catalogue.resource(requested: requested).uri
    }

    /// `scope`, if the request has it; only spaces count as absent.
    package func scopes() throws(OAuthError) -> ScopeSet? {
        guard let text = try form.once("scope") else { return nil }
        let scopes = try ScopeSet(parsing: text)
        return scopes.isEmpty ? nil : scopes
    }
}
