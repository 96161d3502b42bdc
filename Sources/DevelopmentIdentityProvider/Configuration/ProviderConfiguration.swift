package import OpenSSLCrypto

extension DevelopmentIdentityProvider {
    /// How a provider behaves when no fault is scripted.
    package struct Configuration: Sendable {
        /// Which clients may request sign-ins.
        package enum Clients: Sendable {
            /// Any client, with any redirect URI and any secret; codes and tokens are still bound to the `client_id`.
            case any
            /// These clients, and those that register themselves if that is allowed.
            case registered([DevelopmentClient])
        }

        /// How users sign in.
        package enum SignInMode: Sendable, Hashable {
            /// With a page that asks for the user.
            case form
            /// At once, as the user with this subject unless `login_hint` names another one.
            case automatic(String)
        }

        /// Whether and how refresh tokens are issued.
        package enum RefreshTokens: Sendable, Hashable {
            /// No refresh tokens.
            case none
            /// One that stays the same; answers to a refresh do not repeat it.
            case reusable
            /// A new one at each refresh; using one a second time revokes the whole grant.
            case rotating
        }

        /// The settings that the two flavours, OpenID Connect and OAuth 2.0, may have different values of.
        package struct Flavour: Sendable, Hashable {
            /// The `expires_in` of access tokens; `nil` for tokens that never expire, and answers without it.
            package var accessTokenLifetime: Duration?
            /// Whether and how refresh tokens are issued.
            package var refreshTokens: RefreshTokens
            /// Whether a PKCE challenge is required; one that is sent is always verified.
            package var requiresProofKey: Bool
            /// Whether errors of the token endpoint have status 200, as GitHub's do.
            package var answersErrorsWithStatus200: Bool
            /// The ways in which it differs from the specifications.
            package var quirks: Set<Quirk> = []

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
        /// Which clients may request sign-ins.
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
        /// The algorithm that signs ID tokens and logout tokens.
        package var signingAlgorithm = SignatureAlgorithm.es256
        /// How long a code is valid.
        package var authorizationCodeLifetime = Duration.seconds(60)
        /// The time from `iat` to `exp` of ID tokens.
        package var idTokenLifetime = Duration.seconds(600)
        /// Whether a browser that has signed in skips the page; `prompt=none` works either way.
        package var remembersSignIn = false
        /// Whether `/register` accepts clients (RFC 7591).
        package var allowsRegistration = false
        /// Whether discovery says that back-channel logout is supported.
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
