package import OAuthProtocol

/// A client with the registry's own data about it.
package struct ClientRecord: Hashable, Sendable {
    /// The client.
    package var client: Client
    /// When it last used the token endpoint or a user approved it; `nil` for never.
    package var lastUsedAt: Timestamp?
    /// The network that registered it, whose share of the never-used clients it takes.
    package var source: SourceNetwork

    /// A row, for stores that read it from elsewhere.
    package init(client: Client, lastUsedAt: Timestamp? = nil, source: SourceNetwork = .unknown) {
        self.client = client
        self.lastUsedAt = lastUsedAt
        self.source = source
    }

    /// The record's size, which is close to what its parts take in memory.
    package var byteCount: Int { record(.putClient).count }
}

extension ClientRecord: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(client.id)
        writer.write(client.kind.rawValue)
        writer.write(client.name) { $0.write($1) }
        writer.write(client.uri) { $0.write($1) }
        writer.write(client.redirectURIs) { $0.write($1) }
        writer.write(client.grantTypes.map(\.rawValue).sorted()) { $0.write($1) }
        writer.write(client.authenticationMethods.map(\.rawValue).sorted()) { $0.write($1) }
        writer.write(client.secretHash) { $0.write($1) }
        writer.write(client.scopes) { $0.write($1) }
        writer.write(client.applicationType.rawValue)
        writer.write(client.keySet) { $0.write($1) }
        writer.write(client.keySetURI) { $0.write($1) }
        writer.write(client.issuedAt)
        writer.write(lastUsedAt) { $0.write($1) }
        // Each only if it or a later one is there: earlier versions wrote none.
        if source != .unknown || client.requiresProof || client.managementTokenHash != nil {
            writer.write(source.number)
        }
        if client.requiresProof || client.managementTokenHash != nil {
            writer.write(client.requiresProof)
        }
        if let hash = client.managementTokenHash {
            writer.write(hash)
        }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        let id = try reader.string()
        guard let kind = Client.Kind(rawValue: try reader.integer()) else {
            throw RecordError("unknown kind of client")
        }
        let name = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        let uri = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        let redirectURIs = try reader.array { (reader) throws(RecordError) in try reader.string() }
        let grantTypes = try reader.array { (reader) throws(RecordError) in try reader.string() }
        let methods = try reader.array { (reader) throws(RecordError) in try reader.string() }
        let secretHash = try reader.optional { (reader) throws(RecordError) in try reader.digest() }
        let scopes = try reader.optional { (reader) throws(RecordError) in try reader.scopes() }
        let applicationType = ApplicationType(rawValue: try reader.string()) ?? .native
        let keySet = try reader.optional { (reader) throws(RecordError) in try reader.byteArray() }
        let keySetURI = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        let issuedAt = try reader.timestamp()
        lastUsedAt = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        // These come last, and only as far as they are known: earlier versions wrote none.
        source = reader.isAtEnd ? .unknown : SourceNetwork(number: try reader.integer())
        let requiresProof = reader.isAtEnd ? false : try reader.bool()
        client = Client(
            id: id,
            kind: kind,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: Set(grantTypes.map(GrantType.init(rawValue:))),
            authenticationMethods: Set(methods.compactMap(TokenEndpointAuthenticationMethod.init)),
            secretHash: secretHash,
            scopes: scopes,
            applicationType: applicationType,
            keySet: keySet,
            keySetURI: keySetURI,
            managementTokenHash: reader.isAtEnd ? nil : try reader.digest(),
            requiresProof: requiresProof,
            issuedAt: issuedAt
        )
    }
}
