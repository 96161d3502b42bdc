package import OAuthProtocol

/// The form of a checked request: in sealed consent tickets, and in the rows of logins and codes.
extension AuthorizationRequest: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(clientID)
        writer.write(redirectURI)
        writer.write(state) { $0.write($1) }
        writer.write(codeChallenge.digest)
        writer.write(scopes)
        writer.write(resource)
        writer.write(nonce) { $0.write($1) }
        writer.write(prompts.sorted()) { $0.write($1) }
        writer.write(maximumAgeSeconds) { $0.write(Int64($1)) }
        writer.write(loginHint) { $0.write($1) }
        writer.write(authenticationContexts) { $0.write($1) }
        writer.write(clientFingerprint) { $0.write($1) }
        writer.write(device) { writer, device in
            writer.write(device.deviceCode)
            writer.write(device.userCode)
        }
        writer.write(push) { writer, push in
            writer.write(push.id)
            writer.write(push.expiry)
        }
        // Only what there is: a page of an earlier version remains valid.
        if !declinedUpstreams.isEmpty || boundKey != nil {
            writer.write(declinedUpstreams.sorted()) { $0.write($1) }
        }
        if let boundKey { writer.write(boundKey.digest) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(
            clientID: try reader.string(),
            redirectURI: try reader.string(),
            state: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            codeChallenge: CodeChallenge(digest: try reader.digest()),
            scopes: try reader.scopes(),
            resource: try reader.string(),
            nonce: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            prompts: Set(try reader.array { (reader) throws(RecordError) in try reader.string() }),
            maximumAgeSeconds: try reader.optional { (reader) throws(RecordError) in
                Int(try reader.integer(Int64.self))
            },
            loginHint: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            authenticationContexts: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            clientFingerprint: try reader.optional { (reader) throws(RecordError) in try reader.digest() }
        )
        device = try reader.optional { (reader) throws(RecordError) in
            DeviceRequest(deviceCode: try reader.digest(), userCode: try reader.string())
        }
        push = try reader.optional { (reader) throws(RecordError) in
            AuthorizationPush(id: try reader.digest(), expiry: try reader.timestamp())
        }
        if !reader.isAtEnd {
            declinedUpstreams = Set(try reader.array { (reader) throws(RecordError) in try reader.string() })
        }
        boundKey = reader.isAtEnd ? nil : KeyThumbprint(digest: try reader.digest())
    }
}
