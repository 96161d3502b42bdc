import Foundations
import OAuthProtocol

/// The two protocols of the provider.
enum ProtocolFlavour: Sendable, Hashable {
    case openIDConnect
    case oauth2

    /// The endpoint that redeems codes and refresh tokens.
    var tokenEndpoint: EndpointName { self == .openIDConnect ? .token : .oauth2Token }

    /// The behaviour in the configuration.
    func behaviour(
        in configuration: DevelopmentIdentityProvider.Configuration
    ) -> DevelopmentIdentityProvider.Configuration.Flavour {
        self == .openIDConnect ? configuration.openIDConnect : configuration.oauth2
    }
}

/// How the authorization endpoint answers.
enum ResponseMode: String, Sendable, Hashable {
    /// RFC 6749 §4.1.2: in the query of a redirect.
    case query
    /// OAuth 2.0 Form Post Response Mode 1.0 §2: in a form that the browser posts by itself.
    case formPost = "form_post"
}

/// A request to an authorization endpoint, after its redirect URI was verified.
struct SignInRequest: Sendable {
    let flavour: ProtocolFlavour
    let clientID: String
    let redirectURI: String
    let scopes: [String]
    let state: String?
    let nonce: String?
    /// How the answer comes back.
    var responseMode = ResponseMode.query
    var challenge: CodeChallenge?
    let prompt: String?
    let loginHint: String?
    /// The faults that affect the redirect, even if a page is shown first.
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

/// Why the tokens of a grant became invalid.
package enum RevocationReason: String, Sendable, Hashable {
    /// A refresh token was used a second time.
    case refreshTokenReuse
    /// The code was used a second time.
    case codeReplay
    /// The client revoked them.
    case client
    /// The test, or the person who runs the provider, revoked them.
    case provider
}

/// The history of one grant, that is, of one sign-in: tests assert refreshes with it.
package struct GrantReport: Sendable, Hashable {
    /// The client.
    package let clientID: String
    /// The user.
    package let subject: String
    /// How many refreshes succeeded.
    package let refreshCount: Int
    /// How many refreshes were attempted, including refused ones.
    package let refreshAttemptCount: Int
    /// Why its tokens became invalid; `nil` while they are valid.
    package let revocation: RevocationReason?
}

/// The random values for one answer of the token endpoint, made outside the actor.
struct MintedTokens: Sendable, Redacted {
    let access: String
    let refresh: String
}

/// The tokens that the token endpoint may issue.
struct Redemption: Sendable, Redacted {
    let grant: Grant
    let access: String
    let refresh: String?
    let scopes: [String]
    let user: DevelopmentUser
}
