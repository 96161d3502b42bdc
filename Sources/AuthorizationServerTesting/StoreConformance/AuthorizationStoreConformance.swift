package import OAuthState

/// What every `AuthorizationStore` must do: RFC 6749 §4.1.2, §4.1.3 and §6, RFC 9700 §4.5 and §4.14, FD-1.
package enum AuthorizationStoreConformance {
    /// A rule about a store of logins, codes, sessions and consents.
    package typealias Rule = ConformanceRule<any AuthorizationStore>

    /// Every rule.
    package static let rules: [Rule] =
        loginRules + codeRules + refreshRules + proofRules + sessionRules + federatedRules + accessTokenRules
        + shareRules

    /// Makes a session of a redeemed code; its refresh token is of generation 1.
    static func openSession(
        _ number: UInt64 = 1,
        in store: any AuthorizationStore,
        issuesRefreshToken: Bool = true
    ) async throws -> Session {
        try await openSessionWithReceipt(number, in: store, issuesRefreshToken: issuesRefreshToken).session
    }

    /// The same, with the receipt of the redemption.
    static func openSessionWithReceipt(
        _ number: UInt64 = 1,
        in store: any AuthorizationStore,
        issuesRefreshToken: Bool = true
    ) async throws -> (session: Session, redemption: Receipt<RedemptionOutcome>) {
        let code = "code of session \(number)"
        let grant = StoreSample.grant(number, issuesRefreshToken: issuesRefreshToken)
        let admission = try await store.issueCode(StoreSample.digest(code), for: grant, now: StoreSample.now).outcome
        try requireEqual(admission, .admitted, "the admission of a first code")
        let redemption = try await store.redeem(StoreSample.redemption(code), now: StoreSample.now)
        let outcome = try await redemption.outcome
        guard case .redeemed(let session, _) = outcome else {
            throw Deviation(text: "a right redemption came to \(outcome)")
        }
        return (session, redemption)
    }
}
