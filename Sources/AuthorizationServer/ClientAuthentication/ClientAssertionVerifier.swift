package import Logging
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// RFC 7523 §3: verifies and consumes a client's assertion (`private_key_jwt`; CA-1…CA-5, D-40, D-41).
package struct ClientAssertionVerifier: Sendable {
    private let issuer: Issuer
    private let keys: ClientKeys
    private let replay: any ReplayStore
    private let guesses: GuessLimit
    private let logger: Logger

    /// A verifier of assertions whose audience is `issuer`.
    package init(
        issuer: Issuer,
        keys: ClientKeys,
        replay: any ReplayStore,
        guesses: GuessLimit,
        logger: Logger
    ) {
        self.issuer = issuer
        self.keys = keys
        self.replay = replay
        self.guesses = guesses
        self.logger = logger
    }

    /// Why an assertion does not authenticate its client.
    enum Refusal: StoreFailure, Hashable, Sendable {
        /// The client is not the one that it claims to be.
        case notProven(reason: String)
        /// The source has presented too many wrong ones, and nothing was checked.
        case throttled(OAuthError)
        /// The assertion cannot be checked now.
        case unavailable

        init(_ error: StoreError) { self = .unavailable }
    }

    /// Checks an assertion with the client's keys and consumes it.
    ///
    /// The use is durable before this returns: an assertion is never accepted again, not even after a crash. Everything
    /// else is checked first, so that an attacker cannot use up a client's assertion.
    func prove(
        _ assertion: ClientAssertion,
        of client: Client,
        context: RequestContext
    ) async throws(Refusal) {
        let use = try await verified(assertion, client, context)
        let owner = AssertionOwner(
            id: SHA256.hash("client assertion\n\(client.id)"),
            isSelfRegistered: client.kind != .preRegistered
        )
        let consumption = try await Refusal.attempt(
            await replay.consume(use.id, of: owner, expiry: use.expiry, now: context.now).outcome
        )
        switch consumption {
        case .consumed: break
        case .replayed: throw refusal("the assertion has already been used", client)
        case .full: throw .unavailable
        }
    }

    // The allowance is asked for before a signature is verified: verifying costs us a thousand times what a wrong
    // assertion costs its sender.
    private func verified(
        _ assertion: ClientAssertion,
        _ client: Client,
        _ context: RequestContext
    ) async throws(Refusal) -> ClientAssertion.SingleUse {
        let keySet = try await keySet(of: client, context)
        let subject = GuessLimiter.Subject.client(id: client.id)
        try await begin(subject, context)
        let first = verify(assertion, client, keySet, context)
        let result = try await retried(first, assertion, client, subject, context)
        switch result {
        case .success(let use):
            guesses.end(subject, isRight: true, context)
            return use
        case .failure(let error):
            guesses.end(subject, isRight: false, context)
            throw refusal(error.description, client)
        }
    }

    private func begin(_ subject: GuessLimiter.Subject, _ context: RequestContext) async throws(Refusal) {
        do { try guesses.begin(subject, context) } catch { throw .throttled(error) }
    }

    // CA-5: a client that changed its keys signs with an unknown one; its keys are fetched once, and not often. Without
    // a key no signature was verified yet, and nothing is under examination while the keys are fetched.
    private func retried(
        _ first: Result<ClientAssertion.SingleUse, JOSEError>,
        _ assertion: ClientAssertion,
        _ client: Client,
        _ subject: GuessLimiter.Subject,
        _ context: RequestContext
    ) async throws(Refusal) -> Result<ClientAssertion.SingleUse, JOSEError> {
        guard case .failure(let error) = first, assertion.isWorthAsking(after: error) else { return first }
        if error == .unknownKey { guesses.release(subject, context) }
        let renewed = await keys.renewedKeys(of: client, context: context)
        if error == .unknownKey { try await begin(subject, context) }
        return renewed.map { verify(assertion, client, $0, context) } ?? first
    }

    private func keySet(of client: Client, _ context: RequestContext) async throws(Refusal) -> JSONWebKeySet {
        do {
            return try await keys.keys(of: client, context: context)
        } catch {
            switch error {
            case .noKeys: throw refusal("the client has no registered keys", client)
            case .unavailable: throw .unavailable
            }
        }
    }

    private func verify(
        _ assertion: ClientAssertion,
        _ client: Client,
        _ keys: JSONWebKeySet,
        _ context: RequestContext
    ) -> Result<ClientAssertion.SingleUse, JOSEError> {
        Result { () throws(JOSEError) in
            try assertion.verify(
                clientID: client.id,
                audiences: audiences(for: client),
                keys: keys,
                isStranger: client.kind != .preRegistered,
                now: context.now
            )
        }
    }

    // CA-3: the issuer and nothing else; for older clients, with the operator's permission, the token endpoint, or the
    // issuer with the slash that some URL types add.
    private func audiences(for client: Client) -> [String] {
        guard client.allowsTokenEndpointAudience else { return [issuer.text] }
        return [issuer.text, issuer.text + "/", issuer.url(EndpointPath.token)]
    }

    // The log has the reason; the answer does not, because it would reveal which clients exist (D-43).
    private func refusal(_ reason: String, _ client: Client) -> Refusal {
        logger.info("a client assertion was refused", metadata: ["client_id": "\(client.id)", "reason": "\(reason)"])
        return .notProven(reason: reason)
    }
}
