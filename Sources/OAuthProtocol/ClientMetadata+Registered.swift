/// RFC 7592 §2.1: the metadata of a stored registration.
extension ClientMetadata {
    /// What is stored of a registration.
    ///
    /// Members that are only echoed in the answer to a registration, such as `logo_uri`, are not stored.
    package init(registered client: Client, policy: Policy) {
        redirectURIs = client.redirectURIs
        grantTypes = client.grantTypes
        authenticationMethod = client.authenticationMethods.first ?? .none
        name = client.name
        uri = client.uri
        scopes = policy.defaultScopes.isEmpty ? nil : policy.defaultScopes
        applicationType = client.applicationType
        keySet = client.keySet
        keySetURI = client.keySetURI
        requiresProof = client.requiresProof
        echoed = [:]
    }
}
