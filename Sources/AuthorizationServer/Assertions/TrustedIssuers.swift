import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import UpstreamIdentity

/// An issuer whose assertions are accepted, with its keys.
struct TrustedIssuer: Sendable {
    let settings: Configuration.TrustedIssuer
    let keys: TrustedIssuerKeys

    /// A subject of this issuer as our tokens name it: no user and no client of ours can have such an identifier.
    func subject(_ subject: String) -> String { settings.issuer + "#" + subject }
}

/// RFC 7521 §4.1: the trusted issuers of the configuration, and the verification of what they sign.
///
/// An assertion of any other issuer is refused before anything is fetched.
struct TrustedIssuers: Sendable {
    /// What an assertion is presented as; each purpose has its own `typ`, audience and use.
    enum Purpose: Sendable {
        /// An identity assertion (ID-JAG).
        case identity
        /// The assertion of a workload.
        case workload
        /// The subject token of a delegation, which may be used again.
        case subjectToken

        /// JB-1, D-36: the accepted values of `typ`.
        var types: Set<String?> {
            switch self {
            case .identity: ["oauth-id-jag+jwt"]
            case .workload: [nil, "jwt"]
            case .subjectToken: [nil, "jwt", "at+jwt"]
            }
        }
    }

    private let byIssuer: [String: TrustedIssuer]
    private let issuer: Issuer
    private let verifier: AssertionVerifier
    private let guesses: GuessLimit
    private let logger: Logger

    init(
        _ configuration: Configuration,
        environment: ServerEnvironment,
        replay: any ReplayStore,
        guesses: GuessLimit
    ) {
        self.guesses = guesses
        issuer = configuration.issuer
        verifier = AssertionVerifier(replay: replay)
        logger = environment.logger
        byIssuer = Dictionary(
            configuration.trustedIssuers.map { settings in
                let keys = TrustedIssuerKeys(
                    issuer: settings.issuer,
                    keySetURL: settings.keySetURI,
                    transport: environment.transport,
                    addressPolicy: settings.allowsPrivateNetwork ? .allowPrivate : .publicOnly,
                    allowsInsecureHTTP: settings.allowsInsecureHTTP,
                    timeSource: environment.timeSource,
                    logger: environment.logger
                )
                return (settings.issuer, TrustedIssuer(settings: settings, keys: keys))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The trusted issuer that an unverified token names; `nil` for any other token.
    func issuer(claimedBy token: String) -> TrustedIssuer? {
        // Whatever is wrong with the token, no trusted issuer is named by it.
        guard let jws = try? CompactJWS(parsing: token, maximumBytes: SignedAssertion.byteCountMax),
            let claims = try? JSONWebToken.unverifiedClaims(of: jws), let name = claims["iss"]?.stringValue
        else { return nil }
        return byIssuer[name]
    }

    /// The trusted issuer of an assertion.
    ///
    /// - Throws: `invalid_grant` for an unknown issuer.
    func issuer(of assertion: SignedAssertion) throws(OAuthError) -> TrustedIssuer {
        guard let name = assertion.registered.issuer, let issuer = byIssuer[name] else {
            throw OAuthError(.invalidGrant, "the issuer of the assertion is not trusted")
        }
        return issuer
    }

    /// Parses what a request presents as an assertion.
    ///
    /// - Throws: `invalid_grant` for input that is not a signed JWT of the purpose's type.
    func parse(_ text: String, as purpose: Purpose) throws(OAuthError) -> SignedAssertion {
        do {
            return try SignedAssertion(parsing: text, types: purpose.types)
        } catch {
            throw OAuthError(.invalidGrant, error.description)
        }
    }

    /// A token of an issuer, verified; it is not consumed.
    func verified(
        _ text: String,
        of trusted: TrustedIssuer,
        as purpose: Purpose,
        _ context: RequestContext
    ) async throws(OAuthError) -> SignedAssertion {
        let assertion = try parse(text, as: purpose)
        _ = try await verify(assertion, of: trusted, as: purpose, context)
        return assertion
    }

    /// Verifies an assertion of an issuer, and returns what must be consumed if it may be used only once.
    ///
    /// - Throws: `invalid_grant` for the first rule that was broken; `temporarily_unavailable` without the issuer's
    ///   keys.
    func verify(
        _ assertion: SignedAssertion,
        of trusted: TrustedIssuer,
        as purpose: Purpose,
        _ context: RequestContext
    ) async throws(OAuthError) -> SignedAssertion.SingleUse {
        do {
            return try await verifier.verify(assertion, rules(trusted, purpose), keys: trusted.keys, context)
        } catch {
            switch error {
            case .unavailable: throw .overloaded
            case .invalid(let reason):
                logger.info(
                    "an assertion was refused",
                    metadata: ["issuer": "\(trusted.settings.issuer)", "reason": "\(reason)"]
                )
                throw OAuthError(.invalidGrant, reason)
            }
        }
    }

    /// Parses and verifies the assertion of a workload.
    ///
    /// No client vouches for it: after too many wrong ones from a source no signature is verified (S-4).
    ///
    /// - Throws: What ``verify(_:of:as:_:)`` throws, and 429 when the source's allowance is spent.
    func verifiedWorkload(
        _ text: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> (SignedAssertion, of: TrustedIssuer, SignedAssertion.SingleUse) {
        let parsed = Result { () throws(OAuthError) in try parse(text, as: .workload) }
        // What cannot be parsed is counted as well, as an assertion of no issuer.
        let claims = (try? parsed.get())?.registered
        let subject = GuessLimiter.Subject.workload(issuer: claims?.issuer ?? "", subject: claims?.subject ?? "")
        try guesses.begin(subject, context)
        do {
            let assertion = try parsed.get()
            let trusted = try issuer(of: assertion)
            let use = try await verify(assertion, of: trusted, as: .workload, context)
            guesses.end(subject, isRight: true, context)
            return (assertion, trusted, use)
        } catch {
            // Without the issuer's keys nothing is known of the assertion.
            if error.code == .invalidGrant {
                guesses.end(subject, isRight: false, context)
            } else {
                guesses.release(subject, context)
            }
            throw error
        }
    }

    /// Consumes a verified assertion and makes its answer; if no answer can be made, the assertion can be used again.
    ///
    /// - Throws: `invalid_grant` for a replay (D-40), and the error of `answer`.
    func consuming<Answer>(
        _ use: SignedAssertion.SingleUse,
        of trusted: TrustedIssuer,
        now: Timestamp,
        _ answer: () async throws(OAuthError) -> Answer
    ) async throws(OAuthError) -> Answer {
        let owner = AssertionOwner(
            id: SHA256.hash("trusted issuer\n\(trusted.settings.issuer)"),
            isSelfRegistered: false
        )
        return try await answering(await verifier.consume(use, of: owner, now: now)) {
            (consumption) throws(OAuthError) in
            switch consumption {
            case .consumed: return try await answer()
            case .replayed: throw OAuthError(.invalidGrant, "the assertion has already been used")
            case .full: throw .overloaded
            }
        }
    }

    private func rules(_ trusted: TrustedIssuer, _ purpose: Purpose) -> AssertionRules {
        let settings = trusted.settings
        let tokenEndpoint = issuer.url(EndpointPath.token)
        let audiences: [String]
        switch purpose {
        // JB-3: our issuer and nothing else.
        case .identity: audiences = [issuer.text]
        // A subject token's audience must not make it an assertion, so that one token never has both uses.
        case .workload:
            let isFree = settings.subjects == nil && !settings.audiences.isEmpty
            audiences = isFree ? settings.audiences : [tokenEndpoint]
        case .subjectToken: audiences = settings.audiences
        }
        var rules = AssertionRules(
            purpose: "assertion",
            issuer: settings.issuer,
            audiences: audiences,
            lifetimeSecondsMax: settings.assertionLifetimeMax.wholeSeconds
        )
        rules.requiresTokenID = purpose == .identity
        // An access token of another server may be for several resources.
        rules.requiresSoleAudience = purpose != .subjectToken
        return rules
    }
}
