package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Values that the rules of the stores are checked with.
package enum StoreSample {
    /// The moment at which every check begins.
    package static let now = Timestamp(secondsSinceEpoch: 1_795_000_000)
    /// The client of the samples.
    package static let clientID = "dcr_sample"
    /// The redirect URI of the samples, with the port that the client happened to get.
    package static let redirectURI = "http://127.0.0.1:51004/callback/K"
    /// The resource of the samples.
    package static let resource = "https://mcp.example.com/mcp"
    /// The scopes of the samples.
    package static let scopes = ScopeSet(["mcp:read", "mcp:write", "offline_access"])
    /// How many tasks race where a rule speaks of races.
    package static let racerCount = 64

    /// The digest of a name.
    package static func digest(_ label: String) -> SHA256Digest {
        SHA256.hash(label)
    }

    // MARK: - Clients

    /// A public client that registered itself.
    package static func client(
        _ id: String = clientID,
        kind: Client.Kind = .dynamic,
        name: String = "Sample",
        redirectURI: String = "http://127.0.0.1/callback",
        managementTokenHash: SHA256Digest? = nil,
        issuedAt: Timestamp = now
    ) -> Client {
        Client(
            id: id,
            kind: kind,
            name: name,
            redirectURIs: [redirectURI],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [.none],
            managementTokenHash: managementTokenHash,
            issuedAt: issuedAt
        )
    }

    // MARK: - Logins and codes

    /// A checked authorization request.
    package static func request(clientID: String = clientID) -> AuthorizationRequest {
        AuthorizationRequest(
            clientID: clientID,
            redirectURI: redirectURI,
            state: "state of the client",
            codeChallenge: CodeChallenge(digest: digest("verifier")),
            scopes: scopes,
            resource: resource,
            nonce: "nonce of the client"
        )
    }

    /// A login under way at the provider `github`, in the browser named `browser`.
    package static func pending(_ number: UInt64 = 1, expiry: Timestamp? = nil) -> PendingLogin {
        PendingLogin(
            Login(
                request: request(),
                sessionID: SessionID(value: Bits128(number)),
                remainingUpstreams: ["corp"]
            ),
            leg: .atProvider(
                LoginLeg(
                    upstream: "github",
                    verifier: CodeVerifier(random: LabelledBytes(label: "upstream verifier \(number)")),
                    nonce: nil
                )
            ),
            binding: digest("browser"),
            expiry: expiry ?? now + PendingLogin.lifetime
        )
    }

    /// What a code is issued for.
    package static func grant(
        _ number: UInt64 = 1,
        issuesRefreshToken: Bool = true,
        authenticatedAt: Timestamp? = now
    ) -> AuthorizationGrant {
        AuthorizationGrant(
            Login(
                request: request(),
                sessionID: SessionID(value: Bits128(number)),
                connections: [ConnectionID(value: Bits128(number))],
                authenticatedAt: authenticatedAt
            ),
            userID: UserID(value: Bits128(number)),
            issuesRefreshToken: issuesRefreshToken
        )
    }

    /// A user by number.
    package static func user(_ number: UInt64) -> UserID { UserID(value: Bits128(number)) }

    /// A remembered consent with a key of this name.
    package static func consent(
        _ label: String,
        userID: UserID = user(1),
        clientID: String = clientID,
        givenAt: Timestamp = now
    ) -> RememberedConsent {
        RememberedConsent(
            key: digest(label),
            userID: userID,
            clientID: clientID,
            destination: "http://127.0.0.1",
            resource: resource,
            scopes: scopes,
            givenAt: givenAt
        )
    }

    /// Whose assertions the samples are.
    package static let assertionOwner = AssertionOwner(id: digest("owner"), isSelfRegistered: true)

    /// The right redemption of a code of ``grant(_:issuesRefreshToken:authenticatedAt:)``.
    package static func redemption(_ code: String) -> CodeRedemption {
        CodeRedemption(
            code: digest(code),
            clientID: clientID,
            redirectURI: redirectURI,
            challenge: CodeChallenge(digest: digest("verifier")),
            resource: resource
        )
    }

    /// The right use of a refresh token of session `number`.
    package static func use(
        _ number: UInt64 = 1,
        generation: UInt32,
        rotates: Bool = true,
        scopes: ScopeSet? = nil,
        resource: String? = nil
    ) -> RefreshTokenUse {
        RefreshTokenUse(
            family: SessionID(value: Bits128(number)),
            generation: generation,
            clientID: clientID,
            rotates: rotates,
            scopes: scopes,
            resource: resource
        )
    }

    // MARK: - Vault

    /// A login of the person named.
    package static func login(_ subject: String) -> UserLogin {
        UserLogin(
            identity: IdentityKey(namespace: "https://idp.example", subject: subject),
            name: subject,
            verifiedEmail: "\(subject)@example.com"
        )
    }

    /// Tokens whose sealed bytes are their labels.
    package static func tokens(
        _ access: String,
        refresh: String? = nil,
        id: String? = nil,
        fields: String? = nil
    ) -> SealedTokens {
        SealedTokens(
            accessToken: Array(access.utf8),
            refreshToken: refresh.map { Array($0.utf8) },
            idToken: id.map { Array($0.utf8) },
            fields: fields.map { Array($0.utf8) }
        )
    }

    /// A registration of ours at an upstream, whose sealed bytes are their label.
    package static func registration(_ upstream: String = "corp", sealed: String) -> StoredUpstreamRegistration {
        StoredUpstreamRegistration(
            upstream: upstream,
            purpose: digest("purpose"),
            scopes: ScopeSet(["openid", "email"]),
            sealed: Array(sealed.utf8)
        )
    }

    /// The tokens of a login of a user.
    package static func draft(
        _ user: UserID,
        upstream: String = "github",
        account: String = "583231",
        tokens: SealedTokens = tokens("access 1", refresh: "refresh 1", id: "id 1"),
        upstreamClientID: String = "Iv1.abc",
        accessTokenExpiry: Timestamp? = nil
    ) -> ConnectionDraft {
        ConnectionDraft(
            userID: user,
            upstream: upstream,
            account: account,
            accountName: "octocat",
            tokens: tokens,
            scopes: ScopeSet(["repo"]),
            accessTokenExpiry: accessTokenExpiry,
            upstreamClientID: upstreamClientID
        )
    }

    // MARK: - Keys

    /// A fresh signing key.
    package static func signingKey(
        _ state: StoredSigningKey.State,
        purpose: StoredSigningKey.Purpose = .accessToken,
        publishedAt: Timestamp = now
    ) throws(CryptoError) -> StoredSigningKey {
        try StoredSigningKey(
            PrivateKey.generate(.edDSA),
            purpose: purpose,
            state: state,
            publishedAt: publishedAt
        )
    }
}

/// Bytes that follow from a label: the same in every run.
struct LabelledBytes: RandomSource {
    let label: String

    func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            bytes += SHA256.hash("\(label) \(bytes.count)").bytes
        }
        return Array(bytes.prefix(count))
    }
}
