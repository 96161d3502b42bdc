package import OAuthProtocol
package import OpenSSLCrypto

extension Configuration {
    /// An identity provider where users log in and whose tokens the vault keeps.
    package struct Upstream: Hashable, Sendable {
        /// The name, as it stands in callback paths and in `audience`.
        package var name: String

        /// What kind of provider it is and where its endpoints are.
        package var kind: UpstreamKind

        /// Our client id there; `nil` where we register ourselves.
        package var clientID: String?

        /// Our client secret there; `nil` for a public client.
        package var clientSecret: SecretReference?

        /// The private key in PEM whose assertions prove who we are there, for `private_key_jwt`.
        package var privateKey: SecretReference?

        /// How that key signs; `nil` for the key's usual way.
        package var privateKeyAlgorithm: SignatureAlgorithm?

        /// The `kid` under which the provider knows that key; `nil` for its thumbprint (RFC 7638).
        package var privateKeyID: String?

        /// How we register ourselves there, in place of a client id (RFC 7591); `nil` for not at all.
        package var registration: UpstreamRegistration?

        /// What the claims of an account have to say for it to be let in (UP-4); each must hold.
        package var requiredClaims: [RequiredClaim] = []

        /// Whether the tokens of a connection that a back-channel logout ends are revoked at the provider and erased.
        package var revokesOnLogout = false

        /// Whether a connection ends, here and at the provider, with the last session of its user that a client revokes.
        package var revokesWithLastSession = false

        /// How we authenticate there; `nil` leaves it to the provider's metadata or preset.
        package var tokenEndpointAuthMethod: TokenEndpointAuthenticationMethod?

        /// The scopes to ask for; `nil` leaves them to the preset, or to `openid` for OIDC.
        package var scopes: [String]?

        /// Whether a login goes on when this provider fails.
        package var isOptional = false

        /// Parameters added to the authorization request, in their configured order.
        package var additionalAuthorizationParameters: [Parameter] = []

        /// Which of the provider's claims go into our access tokens, and under which names.
        package var claims: [ClaimName] = []

        /// Whether the provider's URLs may be plain http, for development on loopback.
        package var allowsInsecureHTTP = false

        /// Whether the provider may live at a private or loopback address.
        package var allowsPrivateNetwork = false

        /// Whether connections in use are refreshed before anybody asks for their tokens.
        package var refreshesInBackground = false

        /// Makes an upstream with the defaults.
        package init(name: String, kind: UpstreamKind, clientID: String?) {
            self.name = name
            self.kind = kind
            self.clientID = clientID
        }
    }

    /// RFC 7591: how we register ourselves at a provider.
    package struct UpstreamRegistration: Hashable, Sendable {
        /// Where; `nil` for the endpoint that the issuer's document names.
        package var endpoint: String?

        /// How the provider's pages call us.
        package var clientName = "Gatehouse"

        /// The provider's permission to register, where it wants one.
        package var initialAccessToken: SecretReference?

        /// A registration where the issuer's document says.
        package init() {}
    }

    /// UP-4: a claim, and the values of which it must have one.
    package struct RequiredClaim: Hashable, Sendable {
        /// The provider's claim: a name, or names joined by dots through nested objects.
        package var claim: String

        /// The values that let an account in; a claim that is a list must hold one of them.
        package var values: [String]

        /// Requires a claim.
        package init(claim: String, values: [String]) {
            self.claim = claim
            self.values = values
        }
    }

    /// A claim of the provider's, and the claim of ours that takes its value.
    package struct ClaimName: Hashable, Sendable {
        /// The provider's claim: a name, or names joined by dots through nested objects.
        package var upstream: String

        /// The claim in our access tokens.
        package var name: String

        /// Maps a claim.
        package init(upstream: String, name: String) {
            self.upstream = upstream
            self.name = name
        }
    }

    /// A name and a value that go into a query.
    package struct Parameter: Hashable, Sendable {
        /// The parameter's name.
        package var name: String

        /// The parameter's value, before encoding.
        package var value: String

        /// Makes a parameter.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What kind of provider an upstream is.
    package enum UpstreamKind: Hashable, Sendable {
        /// OpenID Connect: the endpoints are discovered from the issuer.
        case oidc(issuer: String)
        /// OAuth 2.0 with explicit endpoints and a userinfo mapping.
        case oauth2(OAuth2Endpoints)
        /// A known provider; what is set here overrides the preset's own.
        case preset(UpstreamPreset, PresetOverrides)
    }

    /// The endpoints of a generic OAuth 2.0 provider.
    package struct OAuth2Endpoints: Hashable, Sendable {
        /// Where the browser is sent.
        package var authorizationEndpoint: String

        /// Where codes and refresh tokens are redeemed.
        package var tokenEndpoint: String

        /// Where tokens are revoked, if anywhere.
        package var revocationEndpoint: String?

        /// Who the user is, asked with the access token.
        package var userinfo: UserinfoMapping

        /// Makes endpoints.
        package init(
            authorizationEndpoint: String,
            tokenEndpoint: String,
            revocationEndpoint: String? = nil,
            userinfo: UserinfoMapping
        ) {
            self.authorizationEndpoint = authorizationEndpoint
            self.tokenEndpoint = tokenEndpoint
            self.revocationEndpoint = revocationEndpoint
            self.userinfo = userinfo
        }
    }

    /// Which fields of a userinfo answer name the user; in each list the first field present wins.
    package struct UserinfoMapping: Hashable, Sendable {
        /// The URL that answers with JSON.
        package var endpoint: String

        /// The fields of the stable identifier; numbers are kept exact.
        package var subject = ["sub"]

        /// The fields of the name to show.
        package var name = ["name"]

        /// The fields of the e-mail address.
        package var email = ["email"]

        /// Makes a mapping with OIDC's field names.
        package init(endpoint: String) {
            self.endpoint = endpoint
        }
    }

    /// What the operator says on top of a preset.
    package struct PresetOverrides: Hashable, Sendable {
        /// The issuer, for presets that are a product and not one site.
        package var issuer: String?
        /// Overrides the preset's authorization endpoint.
        package var authorizationEndpoint: String?
        /// Overrides the preset's token endpoint.
        package var tokenEndpoint: String?
        /// Overrides the preset's revocation endpoint.
        package var revocationEndpoint: String?
        /// Overrides the preset's userinfo mapping.
        package var userinfo: UserinfoMapping?

        /// Overrides nothing.
        package init() {}
    }

    /// The providers whose particulars we know.
    package enum UpstreamPreset: String, CaseIterable, Hashable, Sendable {
        /// GitHub: OAuth 2.0, numeric ids.
        case github
        /// Google: OIDC.
        case google
        /// Atlassian: OAuth 2.0 with rotating refresh tokens.
        case atlassian
        /// Microsoft Entra ID: OIDC with an issuer template.
        case entra
        /// Okta: OIDC, one issuer for each tenant.
        case okta
        /// GitLab: OIDC.
        case gitlab
        /// Slack: OAuth 2.0 with a nested token answer.
        case slack
        /// Auth0: OIDC, one issuer for each tenant.
        case auth0
        /// Keycloak: OIDC, one issuer for each realm.
        case keycloak

        /// Whether the provider speaks OpenID Connect, so that a document of its issuer names its endpoints.
        package var isOpenID: Bool {
            switch self {
            case .github, .atlassian, .slack: false
            case .google, .entra, .okta, .gitlab, .auth0, .keycloak: true
            }
        }
    }
}
