import DevelopmentIdentityProvider

extension TestServer.UpstreamFault: CaseIterable {
    /// Every fault and its name, but the two that have a number.
    private static let named: [(fault: Self, name: String)] = [
        (.accessDenied, "access-denied"), (.userCancelled, "user-cancelled"), (.badState, "bad-state"),
        (.unavailable, "token-503"), (.discoveryUnavailable, "discovery-503"), (.keySetUnavailable, "jwks-503"),
        (.userInfoUnavailable, "userinfo-503"), (.closedConnection, "close-connection"), (.lostAnswer, "lost-answer"),
        (.invalidGrant, "invalid-grant"), (.invalidClient, "invalid-client"),
        (.refusedWithoutWords, "refused-without-words"), (.forgottenGrant, "forgotten-grant"),
        (.grantRefusedAsRequest, "grant-refused-as-request"), (.grantRefusedAsClient, "grant-refused-as-client"),
        (.errorWithStatus200, "error-status-200"), (.malformedJSON, "malformed-json"), (.hugeBody, "huge-body"),
        (.page, "page"), (.redirect, "redirect"), (.omitsExpiry, "omit-expires-in"),
        (.omitsRefreshToken, "omit-refresh-token"), (.omitsIDToken, "omit-id-token"), (.badNonce, "bad-nonce"),
        (.omitsNonce, "omit-nonce"), (.badAudience, "bad-audience"), (.badIssuer, "bad-issuer"),
        (.expiredIDToken, "expired-id-token"), (.idTokenFromTheFuture, "id-token-from-the-future"),
        (.badAccessTokenHash, "bad-access-token-hash"), (.algorithmNone, "alg-none"), (.algorithmHS256, "alg-hs256"),
        (.unknownKey, "unknown-key"), (.foreignKey, "foreign-key"), (.changedPayload, "changed-payload"),
        (.clockBehind, "clock-behind"), (.clockAhead, "clock-ahead"), (.manyGroups, "many-groups"),
        (.anotherSubject, "another-subject"), (.emptyRevocationEndpoint, "empty-revocation-endpoint"),
        (.relativeUserInfoEndpoint, "relative-userinfo-endpoint"),
    ]

    /// Every fault without a number.
    public static var allCases: [Self] { named.map(\.fault) }

    /// Its name, such as `token-503` or `429=30`, which the control plane of `gatehouse dev` takes, too.
    public var name: String {
        switch self {
        case .slow(let seconds): "slow=\(seconds)"
        case .tooManyRequests(let seconds): "429=\(seconds)"
        default: Self.named.first { $0.fault == self }?.name ?? ""
        }
    }

    /// The fault of a name; `nil` when there is none.
    public init?(named name: String) {
        if let found = Self.named.first(where: { $0.name == name }) {
            self = found.fault
            return
        }
        let parts = name.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let seconds = Int(parts[1]), 0...3600 ~= seconds else { return nil }
        switch parts[0] {
        case "slow": self = .slow(seconds: seconds)
        case "429": self = .tooManyRequests(retryAfter: seconds)
        default: return nil
        }
    }

    /// What the provider does, and at which endpoint it usually does it; `nil` for a number out of range.
    var placed: Fault.Placed? { Fault.named(name) }
}

extension TestServer {
    /// An endpoint of an identity provider, of either flavour: OpenID Connect, or OAuth 2.0 alone.
    public enum UpstreamEndpoint: String, Sendable, Hashable, CaseIterable {
        /// The discovery document.
        case discovery
        /// The JWK Set.
        case keySet
        /// The authorization endpoint.
        case authorization
        /// The target of the sign-in page.
        case signIn
        /// The token endpoint.
        case token
        /// The endpoint for refresh tokens, where a provider has one of its own.
        case refresh
        /// The user of a token.
        case userInfo
        /// Token revocation.
        case revocation
        /// Dynamic client registration.
        case registration
        /// Sign-out in the browser.
        case endSession

        /// The provider's endpoint in its flavour.
        func place(isOAuth2: Bool) -> EndpointName {
            let name: EndpointName =
                switch self {
                case .discovery: .discovery
                case .keySet: .keySet
                case .authorization: .authorization
                case .signIn: .signIn
                case .token: .token
                case .refresh: .refresh
                case .userInfo: .userInfo
                case .revocation: .revocation
                case .registration: .registration
                case .endSession: .endSession
                }
            return isOAuth2 ? name.ofOAuth2 : name
        }
    }
}
