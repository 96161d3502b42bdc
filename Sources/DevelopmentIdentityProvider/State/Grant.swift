import OAuthProtocol

/// The two protocols that the provider speaks side by side.
enum ProtocolFlavour: Sendable, Hashable {
    case openIDConnect
    case oauth2

    /// Where codes and refresh tokens are redeemed.
    var tokenEndpoint: EndpointName { self == .openIDConnect ? .token : .oauth2Token }

    /// The behaviour that the configuration gives it.
    func behaviour(
        in configuration: DevelopmentIdentityProvider.Configuration
    ) -> DevelopmentIdentityProvider.Configuration.Flavour {
        self == .openIDConnect ? configuration.openIDConnect : configuration.oauth2
    }
}

/// What a client asked for at an authorization endpoint, once its redirect URI is trusted.
struct SignInRequest: Sendable {
    let flavour: ProtocolFlavour
    let clientID: String
    let redirectURI: String
    let scopes: [String]
    let state: String?
    let nonce: String?
    var challenge: CodeChallenge?
    let prompt: String?
    let loginHint: String?
    /// What is to go wrong with the redirect, also if a page comes in between.
    let faults: ScriptedFaults
}

/// What a user granted to a client.
struct Grant: Sendable {
    let flavour: ProtocolFlavour
    let clientID: String
    let subject: String
    let scopes: [String]
    let nonce: String?
    let authenticatedAt: Timestamp
    /// The `sid` of ID tokens and logout tokens.
    let sessionID: String
}

/// Why the tokens of a grant stopped working.
package enum RevocationReason: String, Sendable, Hashable {
    /// A refresh token was used a second time.
    case refreshTokenReuse
    /// The code was used a second time.
    case codeReplay
    /// The client revoked them.
    case client
    /// The test or the person who runs the provider revoked them.
    case provider
}

/// What has become of one grant, that is of one sign-in: what tests assert about refreshes.
package struct GrantReport: Sendable, Hashable {
    /// The client.
    package let clientID: String
    /// The user.
    package let subject: String
    /// How many refreshes succeeded.
    package let refreshCount: Int
    /// How many refreshes were asked for, refused ones included.
    package let refreshAttemptCount: Int
    /// Why its tokens stopped working; `nil` while they work.
    package let revocation: RevocationReason?
}

/// The random values for one answer of the token endpoint, made outside of the actor.
struct MintedTokens: Sendable, RedactedSecret {
    let access: String
    let refresh: String
}

/// What the token endpoint may hand out.
struct Redemption: Sendable, RedactedSecret {
    let grant: Grant
    let access: String
    let refresh: String?
    let scopes: [String]
    let user: DevelopmentUser
}
