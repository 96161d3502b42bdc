package import OpenSSLCrypto

extension DevelopmentIdentityProvider {
    /// How a provider behaves when no fault is scripted.
    package struct Configuration: Sendable {
        /// Who may ask for sign-ins.
        package enum Clients: Sendable {
            /// Everybody, with any redirect URI and any secret; codes and tokens stay bound to the `client_id`.
            case any
            /// These, and those that register themselves if that is allowed.
            case registered([DevelopmentClient])
        }

        /// How users sign in.
        package enum SignInMode: Sendable, Hashable {
            /// By a page that asks who they are.
            case form
            /// At once, as the user with this subject unless `login_hint` names another.
            case automatic(String)
        }

        /// Whether and how refresh tokens are issued.
        package enum RefreshTokens: Sendable, Hashable {
            /// None.
            case none
            /// One that stays the same; answers to a refresh do not repeat it.
            case reusable
            /// A new one at each refresh; using one a second time revokes all of the grant.
            case rotating
        }

        /// What the two flavours, OpenID Connect and OAuth 2.0, may do differently.
        package struct Flavour: Sendable, Hashable {
            /// The `expires_in` of access tokens; `nil` for tokens that do not expire and do not say so.
            package var accessTokenLifetime: Duration?
            /// Whether and how refresh tokens are issued.
            package var refreshTokens: RefreshTokens
            /// Whether a PKCE challenge has to be there; one that is there is always verified.
            package var requiresProofKey: Bool
            /// Whether errors of the token endpoint come with status 200, as GitHub's do.
            package var answersErrorsWithStatus200: Bool

            /// Makes a flavour's behaviour.
            package init(
                accessTokenLifetime: Duration?,
                refreshTokens: RefreshTokens,
                requiresProofKey: Bool,
                answersErrorsWithStatus200: Bool = false
            ) {
                self.accessTokenLifetime = accessTokenLifetime
                self.refreshTokens = refreshTokens
                self.requiresProofKey = requiresProofKey
                self.answersErrorsWithStatus200 = answersErrorsWithStatus200
            }
        }

        /// Who can sign in.
        package var users: [DevelopmentUser]
        /// Who may ask for sign-ins.
        package var clients: Clients
        /// How users sign in.
        package var signIn: SignInMode
        /// OpenID Connect at `/authorize`, `/token` and `/userinfo`.
        package var openIDConnect = Flavour(
            accessTokenLifetime: .seconds(3600),
            refreshTokens: .rotating,
            requiresProofKey: true
        )
        /// OAuth 2.0 without identity at `/oauth2/authorize`, `/oauth2/token` and `/oauth2/user`.
        package var oauth2 = Flavour(accessTokenLifetime: nil, refreshTokens: .none, requiresProofKey: false)
        /// What ID tokens and logout tokens are signed with.
        package var signingAlgorithm = SignatureAlgorithm.es256
        /// How long a code may be redeemed.
        package var authorizationCodeLifetime = Duration.seconds(60)
        /// The time from `iat` to `exp` of ID tokens.
        package var idTokenLifetime = Duration.seconds(600)
        /// Whether a browser that has signed in is not asked again; `prompt=none` works either way.
        package var remembersSignIn = false
        /// Whether `/register` takes clients (RFC 7591).
        package var allowsRegistration = false
        /// Where logout is announced from: discovery says that back-channel logout is supported.
        package var supportsBackChannelLogout = true

        /// Makes a configuration: Ada and Grace, any client, a sign-in page.
        package init(
            users: [DevelopmentUser] = [.ada, .grace],
            clients: Clients = .any,
            signIn: SignInMode = .form
        ) {
            self.users = users
            self.clients = clients
            self.signIn = signIn
        }
    }
}
