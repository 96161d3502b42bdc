import Foundations
package import OAuthProtocol
package import OpenSSLCrypto

/// Upstream tokens in plain text, on their way into or out of the vault.
package struct UpstreamTokens: Sendable, Redacted {
    package var accessToken: String
    package var refreshToken: String?
    package var idToken: String?
    /// Fields beside the tokens that the provider's API needs, as the text of a JSON object.
    package var fields: String?

    /// Tokens as a provider issued them.
    package init(accessToken: String, refreshToken: String? = nil, idToken: String? = nil, fields: String? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.idToken = idToken
        self.fields = fields
    }
}

/// Upstream tokens, each sealed separately so that a new access token can join an old refresh token (VR-3).
package struct SealedTokens: Hashable, Sendable, Redacted {
    package var accessToken: [UInt8]
    package var refreshToken: [UInt8]?
    package var idToken: [UInt8]?
    /// The sealed fields beside the tokens.
    package var fields: [UInt8]?

    /// Separately sealed tokens.
    package init(
        accessToken: [UInt8],
        refreshToken: [UInt8]? = nil,
        idToken: [UInt8]? = nil,
        fields: [UInt8]? = nil
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.idToken = idToken
        self.fields = fields
    }

    /// These tokens, with absent ones taken from `older`: a provider that sends no refresh token means the old one.
    package func keepingAbsent(from older: SealedTokens) -> SealedTokens {
        var merged = self
        merged.refreshToken = refreshToken ?? older.refreshToken
        merged.idToken = idToken ?? older.idToken
        merged.fields = fields ?? older.fields
        return merged
    }
}

/// The form of connections without fields; ``Connection`` writes fields after everything else, in a record of their own
/// kind.
extension SealedTokens: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(accessToken)
        writer.write(refreshToken) { $0.write($1) }
        writer.write(idToken) { $0.write($1) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        accessToken = try reader.byteArray()
        refreshToken = try reader.optional { (reader) throws(RecordError) in try reader.byteArray() }
        idToken = try reader.optional { (reader) throws(RecordError) in try reader.byteArray() }
    }
}

/// VT-5: seals upstream tokens with AES-256-GCM, bound to their place, so that a record that is moved to another user
/// or provider does not open.
///
/// A sealed text consists of the version 2, the key's number, the nonce, the ciphertext and its tag. The first version
/// had neither version nor number, and its key was that of the root secret.
package struct TokenSealing: Sendable {
    private let keys: VaultKeys
    private let random: any RandomSource
    private static let version: UInt8 = 2
    private static let headByteCount = 5
    private static let nonceByteCount = 12

    /// Sealing under keys that may be rotated.
    package init(keys: VaultKeys, random: any RandomSource) {
        self.keys = keys
        self.random = random
    }

    /// Sealing under a key derived from the server's secret alone; domain-separated.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        self.init(keys: try VaultKeys(rootSecret: secret), random: random)
    }

    /// The values that the tokens of a connection are bound to.
    package struct Place: Hashable, Sendable {
        let userID: UserID
        let upstream: String
        let account: String

        /// The place of a user's account at an upstream.
        package init(userID: UserID, upstream: String, account: String) {
            self.userID = userID
            self.upstream = upstream
            self.account = account
        }

        func associatedData(kind: UInt8) -> [UInt8] {
            var writer = BinaryWriter(reserving: 96)
            writer.write(kind)
            writer.write(userID)
            writer.write(upstream)
            writer.write(account)
            return writer.bytes
        }
    }

    /// Seals a provider's tokens for their place.
    package func seal(_ tokens: UpstreamTokens, at place: Place) throws(CryptoError) -> SealedTokens {
        SealedTokens(
            accessToken: try seal(tokens.accessToken, place.associatedData(kind: 1)),
            refreshToken: try tokens.refreshToken.map { (token) throws(CryptoError) in
                try seal(token, place.associatedData(kind: 2))
            },
            idToken: try tokens.idToken.map { (token) throws(CryptoError) in
                try seal(token, place.associatedData(kind: 3))
            },
            fields: try tokens.fields.map { (fields) throws(CryptoError) in
                try seal(fields, place.associatedData(kind: 5))
            }
        )
    }

    /// Opens the access token of a connection.
    package func accessToken(of connection: Connection) throws(CryptoError) -> String {
        try open(connection.tokens.accessToken, connection.place.associatedData(kind: 1))
    }

    /// Opens the refresh token of a connection; `nil` when it has none.
    package func refreshToken(of connection: Connection) throws(CryptoError) -> String? {
        try connection.tokens.refreshToken.map { (sealed) throws(CryptoError) in
            try open(sealed, connection.place.associatedData(kind: 2))
        }
    }

    /// Opens the ID token of a connection; `nil` when it has none.
    package func idToken(of connection: Connection) throws(CryptoError) -> String? {
        try connection.tokens.idToken.map { (sealed) throws(CryptoError) in
            try open(sealed, connection.place.associatedData(kind: 3))
        }
    }

    /// Opens the fields beside the tokens of a connection; `nil` when it has none.
    package func fields(of connection: Connection) throws(CryptoError) -> String? {
        try connection.tokens.fields.map { (sealed) throws(CryptoError) in
            try open(sealed, connection.place.associatedData(kind: 5))
        }
    }

    /// Seals this server's registration at a provider, bound to that upstream.
    package func seal(registration text: String, at upstream: String) throws(CryptoError) -> [UInt8] {
        try seal(text, Self.registrationData(upstream))
    }

    /// Opens the result of ``seal(registration:at:)``.
    package func registration(of stored: StoredUpstreamRegistration) throws(CryptoError) -> String {
        try open(stored.sealed, Self.registrationData(stored.upstream))
    }

    private static func registrationData(_ upstream: String) -> [UInt8] {
        var writer = BinaryWriter(reserving: 48)
        writer.write(UInt8(4))
        writer.write(upstream)
        return writer.bytes
    }

    // MARK: - Rotation

    /// Whether all of some tokens were sealed with the current key.
    package func isCurrent(_ tokens: SealedTokens) -> Bool {
        [tokens.accessToken, tokens.refreshToken, tokens.idToken, tokens.fields]
            .allSatisfy { $0.map(isCurrent) ?? true }
    }

    /// Whether a text was sealed with the current key.
    package func isCurrent(_ sealed: [UInt8]) -> Bool {
        Self.keyNumber(of: sealed) == keys.currentNumber
    }

    /// The tokens of a connection, sealed with the current key.
    package func resealed(_ connection: Connection) throws(CryptoError) -> SealedTokens {
        try resealed(connection, for: connection.place)
    }

    /// The tokens of a connection, sealed with the current key for another name of its upstream.
    package func resealed(_ connection: Connection, at upstream: String) throws(CryptoError) -> SealedTokens {
        try resealed(connection, for: Place(userID: connection.userID, upstream: upstream, account: connection.account))
    }

    private func resealed(_ connection: Connection, for place: Place) throws(CryptoError) -> SealedTokens {
        try seal(
            UpstreamTokens(
                accessToken: try accessToken(of: connection),
                refreshToken: try refreshToken(of: connection),
                idToken: try idToken(of: connection),
                fields: try fields(of: connection)
            ),
            at: place
        )
    }

    private static func keyNumber(of sealed: [UInt8]) -> UInt32? {
        guard sealed.count > headByteCount, sealed[0] == version else { return nil }
        return sealed[1..<headByteCount].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func seal(_ token: String, _ associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
        let (number, key) = keys.current
        var writer = BinaryWriter(reserving: Self.headByteCount)
        writer.write(Self.version)
        writer.write(number)
        let nonce = random.bytes(Self.nonceByteCount)
        return writer.bytes + nonce + (try key.seal(Array(token.utf8), nonce: nonce, authenticating: associatedData))
    }

    private func open(_ sealed: [UInt8], _ associatedData: [UInt8]) throws(CryptoError) -> String {
        if let key = Self.keyNumber(of: sealed).flatMap(keys.key) {
            do {
                return try Self.open(sealed.dropFirst(Self.headByteCount), key, associatedData)
            } catch {
                // A text of the first version may begin like one of the second, because its nonce is random.
            }
        }
        return try Self.open(sealed[...], keys.root, associatedData)
    }

    private static func open(
        _ sealed: ArraySlice<UInt8>,
        _ key: AES256GCMKey,
        _ associatedData: [UInt8]
    ) throws(CryptoError) -> String {
        let opened = try key.open(
            Array(sealed.dropFirst(nonceByteCount)),
            nonce: Array(sealed.prefix(nonceByteCount)),
            authenticating: associatedData
        )
        return String(decoding: opened, as: UTF8.self)
    }
}

extension Connection {
    /// The values that the connection's tokens are bound to.
    package var place: TokenSealing.Place {
        TokenSealing.Place(userID: userID, upstream: upstream, account: account)
    }
}
