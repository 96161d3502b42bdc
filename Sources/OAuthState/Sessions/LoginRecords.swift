import OAuthProtocol

/// The forms of logins under way and of what codes are issued for, for stores that keep them outside this process.
///
/// A request is written as bytes of its own, because its last fields may be absent.
extension BinaryWriter {
    fileprivate mutating func write(_ request: AuthorizationRequest) {
        var writer = BinaryWriter(reserving: 512)
        request.write(to: &writer)
        write(writer.bytes)
    }

    fileprivate mutating func write(_ claims: JSONObject) {
        write(claims.isEmpty ? [] : claims.serialized())
    }
}

extension BinaryReader {
    fileprivate mutating func request() throws(RecordError) -> AuthorizationRequest {
        var reader = BinaryReader(try byteArray())
        return try AuthorizationRequest(from: &reader)
    }

    fileprivate mutating func claims() throws(RecordError) -> JSONObject {
        let bytes = try byteArray()
        guard !bytes.isEmpty else { return [:] }
        do throws(JSONError) {
            return try JSONParser.parseObject(bytes)
        } catch {
            throw RecordError("the claims of a login are not a JSON object")
        }
    }

    fileprivate mutating func source() throws(RecordError) -> SourceNetwork {
        SourceNetwork(number: try integer())
    }

    fileprivate mutating func optionalTime() throws(RecordError) -> Timestamp? {
        try optional { (reader) throws(RecordError) in try reader.timestamp() }
    }
}

extension Login: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(request)
        writer.write(sessionID)
        writer.write(remainingUpstreams) { $0.write($1) }
        writer.write(userID) { $0.write($1) }
        writer.write(connections) { $0.write($1) }
        writer.write(authenticatedAt) { $0.write($1) }
        writer.write(expectedUserID) { $0.write($1) }
        writer.write(claims)
        writer.write(source.number)
        writer.write(withheldScopes)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        // Arguments are evaluated in order, which is the record's order.
        self.init(
            request: try reader.request(),
            sessionID: try reader.identifier(),
            remainingUpstreams: try reader.array { (reader) throws(RecordError) in try reader.string() },
            userID: try reader.optional { (reader) throws(RecordError) in try reader.identifier() },
            connections: try reader.array { (reader) throws(RecordError) in try reader.identifier() },
            authenticatedAt: try reader.optionalTime(),
            expectedUserID: try reader.optional { (reader) throws(RecordError) in try reader.identifier() },
            claims: try reader.claims(),
            source: try reader.source()
        )
        withheldScopes = try reader.scopes()
    }
}

extension LoginLeg: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(upstream)
        writer.write(verifier.value)
        writer.write(nonce) { $0.write($1) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        let upstream = try reader.string()
        guard let verifier = CodeVerifier(try reader.string()) else {
            throw RecordError("the verifier of a login is malformed")
        }
        self.init(
            upstream: upstream,
            verifier: verifier,
            nonce: try reader.optional { (reader) throws(RecordError) in try reader.string() }
        )
    }
}

extension PendingLogin: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        login.write(to: &writer)
        switch leg {
        case .atProvider(let leg):
            writer.write(UInt8(0))
            leg.write(to: &writer)
        case .unconfirmed(let leg):
            writer.write(UInt8(1))
            leg.write(to: &writer)
        }
        writer.write(binding)
        writer.write(expiry)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        let login = try Login(from: &reader)
        let leg: Leg
        switch try reader.integer(UInt8.self) {
        case 0: leg = .atProvider(try LoginLeg(from: &reader))
        case 1: leg = .unconfirmed(try UnconfirmedLeg(from: &reader))
        default: throw RecordError("a login waits for something unknown")
        }
        self.init(login, leg: leg, binding: try reader.digest(), expiry: try reader.timestamp())
    }
}

extension UnconfirmedLeg: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        draft.write(to: &writer)
        writer.write(claims)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(draft: try ConnectionDraft(from: &reader), claims: try reader.claims())
    }
}

extension ConnectionDraft: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(userID)
        writer.write(upstream)
        writer.write(account)
        writer.write(accountName) { $0.write($1) }
        tokens.write(to: &writer)
        writer.write(tokens.fields) { $0.write($1) }
        writer.write(scopes)
        writer.write(accessTokenExpiry) { $0.write($1) }
        writer.write(upstreamClientID)
        writer.write(providerSession) { writer, session in
            writer.write(session.id)
            writer.write(session.sessionID)
        }
        writer.write(acceptedClaims) { writer, claims in
            writer.write(claims) { $1.write(to: &$0) }
        }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(
            userID: try reader.identifier(),
            upstream: try reader.string(),
            account: try reader.string(),
            accountName: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            tokens: try Self.tokens(from: &reader),
            scopes: try reader.scopes(),
            accessTokenExpiry: try reader.optionalTime(),
            upstreamClientID: try reader.string(),
            providerSession: try reader.optional { (reader) throws(RecordError) in
                ProviderSession(id: try reader.string(), sessionID: try reader.identifier())
            },
            acceptedClaims: try reader.optional { (reader) throws(RecordError) in
                try reader.array { (reader) throws(RecordError) in try AcceptedClaim(from: &reader) }
            }
        )
    }

    private static func tokens(from reader: inout BinaryReader) throws(RecordError) -> SealedTokens {
        var tokens = try SealedTokens(from: &reader)
        tokens.fields = try reader.optional { (reader) throws(RecordError) in try reader.byteArray() }
        return tokens
    }
}

extension AuthorizationGrant: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        login.write(to: &writer)
        writer.write(issuesRefreshToken)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        let login = try Login(from: &reader)
        guard let userID = login.userID else { throw RecordError("a grant is of no user") }
        self.init(login, userID: userID, issuesRefreshToken: try reader.bool())
    }
}
