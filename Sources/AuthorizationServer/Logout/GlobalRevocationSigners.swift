import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// The providers that ask for Global Token Revocation with a JWT of their own, as Okta's Universal Logout does.
struct GlobalRevocationSigners: Sendable {
    /// The providers whose configuration permits it.
    let providers: [UpstreamProvider]
    /// The URL of the endpoint, which is the only accepted audience.
    let endpoint: String
    let replay: any ReplayStore
    let failures: FailureLimit
    let logger: Logger

    /// A verified request.
    struct Signed: Sendable {
        /// Who signed it: the upstreams that have this issuer, of which one provider may have several.
        var providers: [UpstreamProvider]
        fileprivate let id: SHA256Digest
        fileprivate let owner: AssertionOwner
        fileprivate let expiry: Timestamp
    }

    /// Whether a bearer token is such a JWT, by its type alone: any other one is compared with the configured secrets.
    static func isSigned(_ text: String) -> Bool {
        // What cannot be parsed is no JWT.
        guard let jws = try? CompactJWS(parsing: text) else { return false }
        return jws.header.mediaType == GlobalRevocationToken.type
    }

    /// Verifies everything but single use.
    ///
    /// - Throws: `invalid_token`, with the same words for every flaw, 429 after too many of them, or
    ///   `temporarily_unavailable` when a provider's keys cannot be fetched.
    func verified(_ text: String, _ context: RequestContext) async throws(OAuthError) -> Signed {
        var signed: Signed?
        for provider in providers {
            do throws(UpstreamError) {
                let token = try await provider.verifyGlobalRevocationToken(text, endpoint: endpoint)
                if signed == nil {
                    signed = Self.signed(token, by: provider)
                } else {
                    signed?.providers.append(provider)
                }
            } catch {
                if case .temporarilyUnavailable(let delay) = error.code {
                    throw OAuthError(
                        .temporarilyUnavailable,
                        "the provider's keys cannot be fetched now",
                        retryAfter: delay
                    )
                }
                // The answer has the same words for every flaw: a stranger learns nothing, and the operator reads here.
                logger.notice(
                    "a signed global revocation was not accepted",
                    metadata: [
                        "request_id": "\(context.requestID)", "upstream": "\(provider.name)",
                        "reason": "\(error.reason)",
                    ]
                )
            }
        }
        guard let signed else {
            let error = OAuthError.guess(.invalidToken, "the token of the identity provider is invalid")
            throw await failures.throttling(error, context: context)
        }
        return signed
    }

    private static func signed(_ token: GlobalRevocationToken, by provider: UpstreamProvider) -> Signed {
        // The provider is named by its issuer: two upstreams of one provider must not accept one token twice.
        let purpose = "global-token-revocation\n\(provider.identityNamespace)"
        return Signed(
            providers: [provider],
            id: SHA256.hash("\(purpose)\n\(token.tokenID)"),
            owner: AssertionOwner(id: SHA256.hash(purpose), isSelfRegistered: false),
            expiry: token.expiry
        )
    }

    /// Uses a request for the first and only time; after a failure the same request can be repeated.
    ///
    /// - Throws: `invalid_token` for a request that was used before, `temporarily_unavailable` when a store fails, and
    ///   what the effect throws.
    func once<Answer: Sendable>(
        _ signed: Signed,
        _ context: RequestContext,
        _ effect: () async throws(OAuthError) -> Answer
    ) async throws(OAuthError) -> Answer {
        // The verifier accepts a clock that is slightly behind; the token could be replayed for that much longer.
        try await answering(
            await replay.consume(
                signed.id,
                of: signed.owner,
                expiry: signed.expiry + .seconds(300),
                now: context.now
            )
        ) { (consumption) throws(OAuthError) in
            switch consumption {
            case .consumed: try await effect()
            case .replayed: throw OAuthError(.invalidToken, "the token has already been used")
            case .full: throw .overloaded
            }
        }
    }
}
