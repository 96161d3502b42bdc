package import OAuthProtocol
package import OpenSSLCrypto

/// Upstream tokens in clear, on their way in or out of the vault.
package struct UpstreamTokens: Sendable, RedactedSecret {
    package var accessToken: String
    package var refreshToken: String?
    package var idToken: String?

    /// Tokens as a provider issued them.
    package init(accessToken: String, refreshToken: String? = nil, idToken: String? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.idToken = idToken
    }
}

/// Upstream tokens, each sealed on its own so that a new access token can join an old refresh token (peers §6 rule 3).
package struct SealedTokens: Hashable, Sendable, RedactedSecret {
    package var accessToken: [UInt8]
    package var refreshToken: [UInt8]?
    package var idToken: [UInt8]?

    /// Tokens that were sealed one by one.
    package init(accessToken: [UInt8], refreshToken: [UInt8]? = nil, idToken: [UInt8]? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.idToken = idToken
    }

    /// These tokens with absent ones taken from `older`: a provider that sends no refresh token means the old one.
    package func keepingAbsent(from older: SealedTokens) -> SealedTokens {
        var merged = self
        merged.refreshToken = refreshToken ?? older.refreshToken
        merged.idToken = idToken ?? older.idToken
        return merged
    }
}

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

/// VT-5: seals upstream tokens with AES-256-GCM, bound to their place, so that a record moved to another user or
/// provider does not open.
package struct TokenSealing: Sendable {
    private let key: AES256GCMKey
    private let random: any RandomSource
    private static let nonceByteCount = 12

    /// Sealing under a key derived from the server's secret; domain-separated.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        key = try AES256GCMKey(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse vault 1".utf8), count: 32)
        )
        self.random = random
    }

    /// What the tokens of a connection are bound to.
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

    /// Seals what a provider registered for us, bound to that upstream.
    package func seal(registration text: String, at upstream: String) throws(CryptoError) -> [UInt8] {
        try seal(text, Self.registrationData(upstream))
    }

    /// Opens what ``seal(registration:at:)`` sealed.
    package func registration(of stored: StoredUpstreamRegistration) throws(CryptoError) -> String {
        try open(stored.sealed, Self.registrationData(stored.upstream))
    }

    private static func registrationData(_ upstream: String) -> [UInt8] {
        var writer = BinaryWriter(reserving: 48)
        writer.write(UInt8(4))
        writer.write(upstream)
        return writer.bytes
    }

    private func seal(_ token: String, _ associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
        let nonce = random.bytes(Self.nonceByteCount)
        return nonce + (try key.seal(Array(token.utf8), nonce: nonce, authenticating: associatedData))
    }

    private func open(_ sealed: [UInt8], _ associatedData: [UInt8]) throws(CryptoError) -> String {
        let nonce = Array(sealed.prefix(Self.nonceByteCount))
        let opened = try key.open(
            Array(sealed.dropFirst(Self.nonceByteCount)),
            nonce: nonce,
            authenticating: associatedData
        )
        return String(decoding: opened, as: UTF8.self)
    }
}

extension Connection {
    /// What the connection's tokens are bound to.
    package var place: TokenSealing.Place {
        TokenSealing.Place(userID: userID, upstream: upstream, account: account)
    }
}
