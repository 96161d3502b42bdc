import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 7521 §5.2: verifies what a trusted issuer signed, and consumes what must be used once.
///
/// The rules are ``SignedAssertion``'s, as for client assertions, whose guesses are counted besides.
struct AssertionVerifier: Sendable {
    let replay: any ReplayStore

    /// Checks everything except single use; keys are fetched again once when the signature names an unknown one, and
    /// not often (CA-5).
    func verify(
        _ assertion: SignedAssertion,
        _ rules: AssertionRules,
        keys source: some AssertionKeys,
        _ context: RequestContext
    ) async throws(AssertionRefusal) -> SignedAssertion.SingleUse {
        // Before the keys, so that an assertion for another server causes no fetch.
        do { try assertion.check(rules, now: context.now) } catch { throw .invalid(reason: error.description) }
        let known = try await source.keys(context)
        await VerificationTurn.begin()
        do {
            return try assertion.verify(rules, keys: known, now: context.now)
        } catch {
            guard assertion.isWorthAsking(after: error), let renewed = await source.renewedKeys(context) else {
                throw .invalid(reason: error.description)
            }
            do { return try assertion.verify(rules, keys: renewed, now: context.now) } catch {
                throw .invalid(reason: error.description)
            }
        }
    }

    /// Consumes an assertion; the receipt's outcome is durable, so that it is never accepted again, not even after a
    /// crash (D-40).
    ///
    /// Everything else is checked first, so that an attacker cannot use up another party's assertion.
    func consume(
        _ use: SignedAssertion.SingleUse,
        of owner: AssertionOwner,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AssertionConsumption> {
        try await replay.consume(use.id, of: owner, expiry: use.expiry, now: now)
    }
}

/// Why an assertion is not accepted.
enum AssertionRefusal: StoreFailure, Hashable, Sendable {
    /// It breaks a rule; the reason is for the log, and for an issuer's own client.
    case invalid(reason: String)
    /// It cannot be checked now.
    case unavailable

    init(_ error: StoreError) { self = .unavailable }
}
