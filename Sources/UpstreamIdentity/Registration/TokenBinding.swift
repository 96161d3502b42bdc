import OAuthProtocol

extension UpstreamConfiguration {
    /// The server that issues the tokens of our client, as far as the operator names it: the issuer, or the token
    /// endpoint where there is none.
    ///
    /// `nil` for what users enter and what is never stored. All tenants of one provider are one server, so that
    /// restricting it to one of them does not end its users' connections.
    var issuingServer: String? {
        switch kind {
        case .openID(let issuer): IssuerRule(configured: issuer, behaviour: behaviour).identityNamespace
        case .oauth2(let endpoints): endpoints.token
        case .protectedServer(let server): server.issuer
        case .entered, .chained, .machine: nil
        }
    }
}

extension UpstreamClient {
    /// VR-8: whether tokens with this ``binding`` were issued to this client, so that they may be sent to the provider.
    ///
    /// Earlier versions stored the client id alone. It then counts, and
    /// ``UpstreamProvider/accepts(tokensOf:idToken:)`` says what is known of the server; a protected server's binding
    /// was never so short.
    package func issued(tokensOf stored: String) -> Bool {
        stored.hasSameBytes(as: binding) || (resource == nil && issuer != nil && stored.hasSameBytes(as: id))
    }
}

extension UpstreamProvider {
    /// VR-8: whether stored tokens are for the present server, as ``UpstreamClient/binding`` says.
    ///
    /// Under one name, the operator can have configured another provider, also with the same client id. A user's token
    /// must not be returned for that provider or sent to it, because it could use the token at the one before. A
    /// registration that the same authorization server has replaced leaves access tokens valid.
    ///
    /// Earlier versions stored the client id alone. The issuer of the ID token beside it then decides; without one the
    /// configuration is taken to be the one that the tokens are from, until the next login names the server.
    ///
    /// - Parameters:
    ///   - binding: What the tokens are bound to.
    ///   - idToken: The ID token that is stored beside them, if there is one.
    /// - Returns: Whether they may be used.
    /// - Throws: ``UpstreamError`` of a registration or document without which the authorization server is unknown.
    package func accepts(tokensOf binding: String, idToken: String? = nil) async throws(UpstreamError) -> Bool {
        if let entered = enteredCredential { return entered.accepts(binding: binding) }
        guard protected == nil else {
            // Not a new registration if there is one: a good token does not wait for it.
            let client = if let known = clients.known { known } else { try await client() }
            return client.purpose.map { binding.hasPurpose($0) } ?? true
        }
        // What a user entered for another kind of upstream of this name is no token.
        guard !binding.hasSameBytes(as: EnteredCredential.unboundBinding) else { return false }
        guard let server = configuration.issuingServer else { return true }
        let spaces = binding.utf8.count { $0 == UInt8(ascii: " ") }
        guard spaces == 0 else { return spaces == 1 && binding.hasPurpose(server) }
        guard let claims = idToken.flatMap(claims(ofStoredIDToken:)), let issuer = claims["iss"]?.stringValue else {
            return true
        }
        return try await issues(issuer, claims: claims)
    }
}

extension String {
    // A suffix by bytes: the client id before it may be an earlier one.
    fileprivate func hasPurpose(_ purpose: String) -> Bool {
        utf8.reversed().starts(with: (" " + purpose).utf8.reversed())
    }
}
