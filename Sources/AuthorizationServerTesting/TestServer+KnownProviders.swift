package import DevelopmentIdentityProvider
import OAuthProtocol
package import OpenSSLCrypto
package import ServerConfiguration
import UpstreamIdentity

extension TestServer {
    /// A public provider that the identity provider of a test can be like, with all its deviations at once.
    ///
    /// The server is configured by the preset of that provider and the addresses of the test's one, as an operator
    /// would. It shows what the server does with such answers, not that the provider gives them.
    public enum KnownProvider: String, Sendable, Hashable, CaseIterable {
        /// Access tokens that live five minutes, members that no specification knows, and another signature algorithm.
        case keycloak
        /// Accounts that are `oid` within `tid`, `expires_in` as a text, refreshes that need `offline_access`, which
        /// answers never name.
        case entra
        /// OAuth 2.0 with permissions in place of scopes, tokens that expire, and errors with status 200.
        case githubApp = "github-app"
        /// OAuth 2.0 with the user's token beside the bot's, and scopes in `user_scope`, separated by commas.
        case slack
        /// OAuth 2.0 with JSON at the token endpoint, whose answer names the user and the workspace; no known lifetime.
        case notion
        /// Answers to logins by `form_post`, a client secret that our key signs, a refresh token that stays the same.
        case apple
    }
}

extension TestServer.KnownProvider {
    /// The client id that the server has there.
    private static let clientID = "gatehouse"
    /// The `iss` of the client secrets that our key signs.
    private static let team = "TEAM123456"
    /// The tenant of every user, where users have one.
    package static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"

    /// Whether it is OpenID Connect; the others are OAuth 2.0.
    package var isOpenID: Bool {
        switch self {
        case .keycloak, .entra, .apple: true
        case .githubApp, .slack, .notion: false
        }
    }

    /// Makes the identity provider behave like it; `key` is our client's, where the provider knows it by one.
    package func shape(_ provider: inout DevelopmentIdentityProvider.Configuration, key: PrivateKey) {
        var flavour = isOpenID ? provider.openIDConnect : provider.oauth2
        flavour.quirks = quirks
        flavour.requiresProofKey = false
        flavour.refreshTokens = self == .apple ? .reusable : .rotating
        flavour.accessTokenLifetime = accessTokenLifetime
        flavour.answersErrorsWithStatus200 = self == .githubApp || self == .slack
        if isOpenID { provider.openIDConnect = flavour } else { provider.oauth2 = flavour }
        if self == .keycloak { provider.signingAlgorithm = .es384 }
        if self == .apple { provider.clients = .registered([Self.client(key)]) }
        for index in provider.users.indices { addClaims(to: &provider.users[index]) }
    }

    private static func client(_ key: PrivateKey) -> DevelopmentClient {
        let published = JSONWebKey(publicKey: key.publicKey, keyID: "KEY1234567", algorithm: key.algorithm)
        return DevelopmentClient(
            id: clientID,
            authentication: .signedSecret(JSONWebKeySet(keys: [published]), issuer: team)
        )
    }

    private var quirks: Set<DevelopmentIdentityProvider.Quirk> {
        switch self {
        case .keycloak: [.furtherMembers]
        case .entra: [.hidesOfflineAccess, .expiryAsText]
        case .githubApp: [.emptyScope]
        case .slack: [.userBesideBot]
        case .notion: [.jsonTokenRequests, .identityInTokenAnswer, .emptyScope, .apiFields]
        case .apple: [.postsAnswers]
        }
    }

    private var accessTokenLifetime: Duration? {
        switch self {
        case .keycloak: .seconds(300)
        case .entra, .apple: .seconds(3600)
        case .githubApp: .seconds(28_800)
        case .slack: .seconds(43_200)
        case .notion: nil
        }
    }

    private func addClaims(to user: inout DevelopmentUser) {
        switch self {
        case .entra:
            user.additionalClaims["oid"] = .string("oid-of-" + user.subject)
            user.additionalClaims["tid"] = .string(Self.tenant)
        case .apple:
            if user.email != nil { user.additionalClaims["email_verified"] = .string("\(user.isEmailVerified)") }
            user.additionalClaims["is_private_email"] = "true"
        case .keycloak, .githubApp, .slack, .notion: break
        }
    }

    /// The upstream, as an operator would configure it.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - site: The issuer, which is also the base URL.
    ///   - key: The key of our client, where the provider knows it by one.
    /// - Returns: The entry of `upstreams[]`.
    /// - Throws: ``CryptoError`` when the key cannot be written as PEM.
    package func upstream(
        name: String,
        at site: String,
        key: PrivateKey
    ) throws(CryptoError) -> Configuration.Upstream {
        var upstream = TestServer.upstreamConfiguration(name: name, issuer: site)
        upstream.scopes = nil
        // Every name of a case is the name of a preset.
        upstream.preset = UpstreamPreset.named(rawValue) ?? .oidc
        if !isOpenID {
            upstream.issuer = nil
            upstream.endpoints.authorization = site + EndpointName.oauth2Authorization.path
            upstream.endpoints.token = site + EndpointName.oauth2Token.path
        }
        switch self {
        case .keycloak: upstream.scopes = ["openid", "profile", "email", "offline_access"]
        case .githubApp:
            var parts = UserInfoOverrides()
            parts.endpoint = site + EndpointName.oauth2User.path
            upstream.endpoints.userInfoParts = parts
        case .apple:
            upstream.clientSecret = nil
            upstream.tokenEndpointAuthMethod = .privateKeyJWT
            upstream.privateKey = .value(SecretValue(try key.pem))
            upstream.privateKeyID = "KEY1234567"
            upstream.behaviour.assertionIssuer = Self.team
        case .entra, .slack, .notion: break
        }
        return upstream
    }
}
