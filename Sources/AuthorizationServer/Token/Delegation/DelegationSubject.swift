import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// RFC 8693 §2.1: the party that a delegated token is about, as a verified subject token describes it.
struct DelegationSubject: Sendable {
    /// `sub` of the new token.
    let subject: String
    /// The scopes of the subject token, which bound those of the new one.
    let scopes: ScopeSet
    /// The parties that have acted so far.
    let actors: ActorChain
    /// When the subject token ends.
    let expiry: Timestamp
    /// Its resource; `nil` for a token of another issuer.
    let audience: String?
    /// The session behind it, if there is one.
    var session: Session?
    /// `auth_time`, if it is known.
    var authenticatedAt: Timestamp?
    /// The claims that the operator maps into tokens.
    var mappedClaims: JSONObject = [:]
}

/// RFC 8693 §2.1: verifies subject tokens, ours and those of trusted issuers, and the delegate's right to them.
struct DelegationSubjects: Sendable {
    let issuer: Issuer
    let verification: AccessTokenVerification
    let proofs: SubjectProofs
    let issuers: TrustedIssuers
    /// Whom the operator has blocked; `nil` without an administration.
    let blocks: (any BlockStore)?
    /// Applies `allow` to a user who did not log in for the target.
    let admission: AccountAdmission

    /// The scopes of the target that the user does not get by `allow_scopes`.
    ///
    /// - Throws: `invalid_target` for a user whom `allow` refuses.
    func withheld(
        from subject: DelegationSubject,
        at target: ProtectedResource,
        _ client: Client
    ) async throws(OAuthError) -> ScopeSet {
        // A subject of another issuer is no user of this server; its own rules decide.
        guard let userID = UserID(subject.subject) else { return .empty }
        let verdict = try await admission.verdict(onUser: userID, resource: target, clientID: client.id, .login)
        if let rule = verdict.refusal {
            throw OAuthError(.invalidTarget, "allow of \(rule) does not accept the user")
        }
        return verdict.withheld
    }

    /// The subject of `subject_token`.
    ///
    /// - Throws: `invalid_grant` for a token that is not valid, or not the delegate's to use; `invalid_target` for one
    ///   of another resource; `invalid_request` for a type that is no access token's.
    func subject(
        _ form: FormParameters,
        _ delegate: Delegate,
        requestKey key: KeyThumbprint?,
        _ context: RequestContext
    ) async throws(OAuthError) -> DelegationSubject {
        let token = try form.required("subject_token")
        let type = try form.required("subject_token_type")
        guard type == TokenTypeIdentifier.accessToken || type == TokenTypeIdentifier.jwt else {
            throw OAuthError(.invalidRequest, "subject_token_type must be an access token")
        }
        if let trusted = issuers.issuer(claimedBy: token) {
            return try await foreignSubject(token, trusted, delegate, context)
        }
        let presentation = try await proofs.presentation(form, of: token, requestKey: key, context)
        return try await ownSubject(token, presentation, delegate, context)
    }

    /// RFC 8693 §1.1: an `actor_token` must prove the very client that is authenticated, and is never ignored.
    func checkActor(
        _ form: FormParameters,
        _ client: Client,
        requestKey key: KeyThumbprint?,
        _ context: RequestContext
    ) async throws(OAuthError) {
        let type = try form.once("actor_token_type")
        guard let token = try form.once("actor_token") else {
            guard type == nil else { throw OAuthError(.invalidRequest, "actor_token_type needs actor_token") }
            return
        }
        guard type == TokenTypeIdentifier.accessToken || type == TokenTypeIdentifier.jwt else {
            throw OAuthError(.invalidRequest, "actor_token_type must be an access token")
        }
        let live = try await live(token, .possession(of: key), name: "actor_token", context)
        guard live.session == nil, live.token.claims.actor == nil, live.token.claims.subject == client.id else {
            throw OAuthError(.invalidGrant, "actor_token is not this client's own access token")
        }
    }

    // MARK: - Our tokens

    private func ownSubject(
        _ text: String,
        _ presentation: AccessTokenVerification.Presentation,
        _ delegate: Delegate,
        _ context: RequestContext
    ) async throws(OAuthError) -> DelegationSubject {
        let live = try await live(text, presentation, name: "subject_token", context)
        let claims = live.token.claims
        if let server = delegate.server {
            // D-37: a resource server acts for its own callers only.
            guard server.audiences.contains(claims.audience) else {
                throw OAuthError(.invalidTarget, "subject_token was issued for another resource")
            }
        } else if claims.clientID != delegate.client.id {
            throw OAuthError(.invalidGrant, "subject_token was issued to another client")
        }
        // A client's own token represents no one else, so there is no one to act for.
        guard live.session != nil || claims.subject != claims.clientID else {
            throw OAuthError(.invalidGrant, "subject_token does not represent a user")
        }
        // A block ends the user's sessions, but a token that was delegated without the session's handle outlives them.
        if let blocks, let userID = UserID(claims.subject),
            try await OAuthError.attempt(await blocks.isBlocked(.user(userID)))
        {
            throw OAuthError(.invalidGrant, "the user of subject_token is blocked here")
        }
        return DelegationSubject(
            subject: claims.subject,
            scopes: try ScopeSet(parsing: claims.scope),
            actors: try ActorChain(claims.actor.map(JSONValue.object), issuer: issuer.text),
            expiry: claims.expiresAt,
            audience: claims.audience,
            session: live.session,
            authenticatedAt: claims.authenticatedAt,
            mappedClaims: claims.additionalClaims
        )
    }

    private func live(
        _ token: String,
        _ presentation: AccessTokenVerification.Presentation,
        name: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> AccessTokenVerification.LiveToken {
        do {
            return try await verification.live(token, audiences: nil, presented: presentation, now: context.now)
        } catch {
            switch error {
            // VX-9: one code for every token that is not valid.
            case .notOurs: throw OAuthError(.invalidGrant, "\(name) is not an access token of this server")
            case .withoutProof:
                throw OAuthError(.invalidDPoPProof, "\(name) is bound to a key that the request does not prove")
            case .unavailable: throw .overloaded
            case .expired, .revoked, .wrongAudience, .withoutUser:
                throw OAuthError(.invalidGrant, "\(name) has expired or was revoked")
            }
        }
    }

    // MARK: - Tokens of trusted issuers

    private func foreignSubject(
        _ text: String,
        _ trusted: TrustedIssuer,
        _ delegate: Delegate,
        _ context: RequestContext
    ) async throws(OAuthError) -> DelegationSubject {
        guard let rules = trusted.settings.subjects else {
            throw OAuthError(.invalidGrant, "tokens of this issuer cannot be exchanged")
        }
        let assertion = try await issuers.verified(text, of: trusted, as: .subjectToken, context)
        guard !assertion.isIDToken else {
            throw OAuthError(.invalidGrant, "subject_token is an ID token, which is for its client alone")
        }
        let actor = try ForeignConsent(rules: rules, ownIssuer: issuer.text).actor(assertion.claims, delegate.client)
        var chain = try ActorChain(assertion.claims["act"], issuer: trusted.settings.issuer)
        if let actor, chain.parties.first?.subject != actor {
            chain = try chain.adding(ActorChain.Party(issuer: trusted.settings.issuer, subject: actor))
        }
        guard let subject = assertion.registered.subject, let expiry = assertion.registered.expiresAt else {
            throw OAuthError(.invalidGrant, "subject_token has no sub or no exp")
        }
        return DelegationSubject(
            subject: trusted.subject(subject),
            scopes: try Self.scopes(assertion.claims),
            actors: chain,
            expiry: expiry,
            audience: nil
        )
    }

    // RFC 8693 §4.2 has `scope`; Okta and Entra write `scp`, one of them as a list.
    private static func scopes(_ claims: JSONObject) throws(OAuthError) -> ScopeSet {
        guard let value = claims["scope"] ?? claims["scp"] else { return .empty }
        let text = value.stringValue ?? value.stringArrayValue?.joined(separator: " ")
        guard let text else { throw OAuthError(.invalidGrant, "the scope of subject_token is malformed") }
        return try ScopeSet(parsing: text)
    }
}

/// RFC 8693 §4.4: whether a trusted issuer's token permits a delegate to act, by its `may_act` or by the operator's
/// rules.
struct ForeignConsent: Sendable {
    let rules: Configuration.TrustedIssuer.Subjects
    let ownIssuer: String

    /// The client of the other issuer that the token was issued to, if the token names it.
    ///
    /// - Throws: `invalid_grant` when the delegate may not act.
    func actor(_ claims: JSONObject, _ delegate: Client) throws(OAuthError) -> String? {
        let actor = claims.value(at: rules.actorClaim)?.stringValue
        guard rules.delegates == ["*"] || rules.delegates.contains(where: delegate.id.hasSameBytes(as:)) else {
            throw OAuthError(.invalidGrant, "this client may not act for the subjects of this issuer")
        }
        if let permission = claims["may_act"] {
            // What the token says of its actor decides alone: a token that names another one is not for us.
            try check(permission, delegate)
            return actor
        }
        let isListed = actor.map { actor in rules.actors.contains(where: actor.hasSameBytes(as:)) } ?? false
        guard isListed || rules.matcher?.accepts(claims) ?? false else {
            throw OAuthError(.invalidGrant, "subject_token does not permit this client to act")
        }
        return actor
    }

    private func check(_ permission: JSONValue, _ delegate: Client) throws(OAuthError) {
        guard rules.acceptsMayAct, let party = permission.objectValue,
            // The issuer names a client of ours, so it must say that it means ours.
            party["iss"]?.stringValue?.hasSameBytes(as: ownIssuer) == true,
            party["sub"]?.stringValue?.hasSameBytes(as: delegate.id) == true
        else { throw OAuthError(.invalidGrant, "the claim may_act does not permit this client to act") }
    }
}
