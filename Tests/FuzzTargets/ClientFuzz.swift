import OAuthProtocol

enum ClientFuzz {
    /// RFC 6749 §4.1.1.
    static func authorizationRequest(_ bytes: [UInt8]) -> String? {
        guard let check = try? AuthorizationRequestCheck(query: String(decoding: bytes, as: UTF8.self)),
            let id = try? check.clientID(), id.utf8.allSatisfy({ 0x20...0x7E ~= $0 })
        else { return nil }
        let client = Client(
            id: id,
            kind: .dynamic,
            redirectURIs: ["http://127.0.0.1/cb"],
            grantTypes: [.authorizationCode],
            authenticationMethods: [.none],
            issuedAt: Timestamp(secondsSinceEpoch: 0)
        )
        guard let uri = try? check.redirectURI(of: client) else { return nil }
        // RFC 9700 §4.11: an answer goes to a registered address only.
        return RedirectURI.match(uri, among: client.redirectURIs) ? nil : "\(uri) is redirected to"
    }

    /// RFC 7591 §2: what is accepted has only redirect URIs that a registration may have.
    static func metadata(_ bytes: [UInt8]) -> String? {
        guard let json = try? JSONParser.parseObject(bytes),
            let metadata = try? ClientMetadata(json, policy: ClientMetadata.Policy())
        else { return nil }
        for uri in metadata.redirectURIs {
            let isAllowed = (try? RedirectURI.validateForRegistration(uri, policy: .init())) != nil
            if !isAllowed { return "\(uri) is accepted" }
        }
        return nil
    }

    /// draft-ietf-oauth-client-id-metadata-document: a document names itself.
    static func document(_ bytes: [UInt8]) -> String? {
        guard let url = try? ClientIDURL("https://client.example/c.json", allowsLoopback: false) else {
            return "no URL"
        }
        let document = try? ClientMetadataDocument(
            bytes,
            at: url,
            policy: ClientMetadataDocument.Policy(),
            now: Timestamp(secondsSinceEpoch: 1_700_000_000)
        )
        guard document != nil, let json = try? JSONParser.parseObject(bytes) else { return nil }
        return json["client_id"]?.stringValue == "https://client.example/c.json"
            ? nil : "a foreign document is accepted"
    }
}
