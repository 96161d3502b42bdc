package import OpenSSLCrypto

extension ClientMetadata {
    /// The client that this registration creates.
    package func client(
        id: String,
        secretHash: SHA256Digest?,
        managementTokenHash: SHA256Digest? = nil,
        issuedAt: Timestamp
    ) -> Client {
        Client(
            id: id,
            kind: .dynamic,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: grantTypes,
            authenticationMethods: [authenticationMethod],
            secretHash: secretHash,
            scopes: nil,
            applicationType: applicationType,
            // Nothing that no request will use: anyone may register, and keys are the largest part of a registration.
            keySet: usesKeys ? keySet : nil,
            keySetURI: usesKeys ? keySetURI : nil,
            managementTokenHash: managementTokenHash,
            requiresProof: requiresProof,
            issuedAt: issuedAt
        )
    }

    private var usesKeys: Bool { authenticationMethod == .privateKeyJWT }

    /// RFC 7591 §3.2.1: the answer, with every registered value, without nulls and empty URLs (CR-1).
    package func response(clientID: String, secret: ClientSecret?, issuedAt: Timestamp) -> JSONObject {
        var json: JSONObject = [
            "client_id": .string(clientID),
            "client_id_issued_at": .number(JSONNumber(Int(issuedAt.secondsSinceEpoch))),
            "redirect_uris": .array(redirectURIs.map(JSONValue.string)),
            "grant_types": .strings(grantTypes.map(\.rawValue).sorted()),
            "response_types": ["code"],
            "token_endpoint_auth_method": .string(authenticationMethod.rawValue),
            "application_type": .string(applicationType.rawValue),
        ]
        if let secret {
            json["client_secret"] = .string(secret.wireValue)
            json["client_secret_expires_at"] = 0
        }
        if let name {
            json["client_name"] = .string(name)
        }
        if let uri {
            json["client_uri"] = .string(uri)
        }
        if let scopes {
            json["scope"] = .string(scopes.text)
        }
        if requiresProof {
            json["dpop_bound_access_tokens"] = true
        }
        // It was parsed when it was registered, so parsing cannot fail.
        if usesKeys, let keySet, let object = try? JSONParser.parseObject(keySet) {
            json["jwks"] = .object(object)
        }
        if usesKeys, let keySetURI {
            json["jwks_uri"] = .string(keySetURI)
        }
        for (field, value) in echoed.members {
            json[field] = value
        }
        return json
    }
}
