import OAuthProtocol

/// Faults by the names that a person types for `gatehouse dev`.
extension Fault {
    /// A fault with the endpoint at which it occurs.
    package typealias Placed = (fault: Fault, endpoint: EndpointName)

    /// The names of all faults that need no value.
    package static var names: [String] { placedFaults.map(\.name) }

    /// The fault of that name, including `slow=SECONDS` and `429=SECONDS`.
    package static func named(_ name: String) -> Placed? {
        let parts = name.split(separator: "=", maxSplits: 1)
        if parts.count == 2 {
            guard let seconds = Int(parts[1]), 0...3600 ~= seconds else { return nil }
            switch parts[0] {
            case "slow": return (.delay(.seconds(seconds)), .token)
            case "429": return (.tooManyRequests(retryAfter: seconds), .token)
            default: return nil
            }
        }
        guard let found = placedFaults.first(where: { $0.name == name }) else { return nil }
        return (found.fault, found.endpoint)
    }

    private static var placedFaults: [(name: String, fault: Fault, endpoint: EndpointName)] {
        [
            ("access-denied", .oauthError("access_denied"), .authorization),
            ("bad-state", .replace("state", "another-state"), .authorization),
            ("discovery-503", .unavailable, .discovery),
            ("jwks-503", .unavailable, .keySet),
            ("token-503", .unavailable, .token),
            ("userinfo-503", .unavailable, .userInfo),
            ("invalid-grant", .invalidGrant, .token),
            ("invalid-client", .invalidClient, .token),
            ("malformed-json", .malformedJSON, .token),
            ("close-connection", .closeConnection, .token),
            ("lost-answer", .dropResponse, .token),
            ("omit-expires-in", .omitExpiresIn, .token),
            ("omit-refresh-token", .omitRefreshToken, .token),
            ("omit-id-token", .missingIDToken, .token),
            ("bad-nonce", .wrongNonce, .token),
            ("bad-audience", .wrongAudience, .token),
            ("bad-issuer", .wrongIssuer, .token),
            ("expired-id-token", .expiredIDToken, .token),
            ("alg-none", .algorithmNone, .token),
            ("alg-hs256", .algorithmHS256, .token),
            ("unknown-key", .unknownKeyID, .token),
            ("user-cancelled", .userCancelled, .authorization),
            ("refused-without-words", .refusedWithoutWords, .token),
            ("forgotten-grant", .forgottenGrant, .token),
            ("grant-refused-as-request", .grantRefusedAsRequest, .token),
            ("grant-refused-as-client", .grantRefusedAsClient, .token),
            ("many-groups", .manyGroups(), .token),
            ("huge-body", .hugeBody(byteCount: 4 << 20), .token),
            ("page", .page, .token),
            ("redirect", .redirect(to: "https://other.example.com/"), .token),
            ("error-status-200", .errorWithStatus200("bad_refresh_token"), .token),
            ("omit-nonce", .missingNonce, .token),
            ("id-token-from-the-future", .idTokenFromTheFuture, .token),
            ("bad-access-token-hash", .wrongAccessTokenHash, .token),
            ("foreign-key", .idTokenSignature(.foreignKey), .token),
            ("changed-payload", .idTokenSignature(.changedPayload), .token),
            ("another-subject", .changedSubject("somebody-else"), .userInfo),
            ("clock-behind", .idTokenClock(seconds: -90), .token),
            ("clock-ahead", .idTokenClock(seconds: 90), .token),
            ("empty-revocation-endpoint", .emptyRevocationEndpoint, .discovery),
            ("relative-userinfo-endpoint", .relativeUserInfoEndpoint, .discovery),
        ]
    }
}
