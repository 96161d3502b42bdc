import Foundations
import OAuthProtocol
import OpenSSLCrypto

/// Codes and refresh tokens are checked and consumed in one step, so that of two simultaneous requests one loses.
extension ProviderState {
    /// The values that a client presents to redeem a code.
    struct CodeProof: Sendable, Redacted {
        let code: String
        let clientID: String
        let redirectURI: String?
        let verifier: CodeVerifier?
    }

    /// Redeems a code (RFC 6749 §4.1.3); its client's first attempt consumes it, even a failed one.
    func redeem(
        _ proof: CodeProof,
        flavour: ProtocolFlavour,
        minting tokens: MintedTokens,
        now: Timestamp
    ) throws(OAuthError) -> Redemption {
        guard let entry = codes[proof.code], let grant = grants[entry.grantID]?.grant, grant.flavour == flavour else {
            throw OAuthError(.invalidGrant, "the code is unknown")
        }
        guard grant.clientID == proof.clientID else {
            throw OAuthError(.invalidGrant, "the code was issued to another client")
        }
        // RFC 6749 §4.1.2: a code that is used twice was stolen, and so may be the tokens that were issued for it.
        guard !entry.isUsed else {
            revoke(entry.grantID, because: .codeReplay)
            throw OAuthError(.invalidGrant, "the code has been used")
        }
        codes[proof.code]?.isUsed = true
        guard now < entry.expiresAt else { throw OAuthError(.invalidGrant, "the code has expired") }
        // RFC 6749 §4.1.3: redirect_uri must be identical to the one in the request.
        guard proof.redirectURI?.utf8.elementsEqual(entry.redirectURI.utf8) == true else {
            throw OAuthError(.invalidGrant, "redirect_uri differs from the authorization request")
        }
        try ProviderState.check(proof.verifier, against: entry.challenge)
        return try grantTokens(
            entry.grantID,
            scopes: grant.scopes,
            minting: tokens,
            rotates: flavour.behaviour(in: configuration).refreshTokens != .none,
            now: now
        )
    }

    /// RFC 7636 §4.6.
    ///
    /// A verifier without a challenge is refused too, because an attacker may have removed the challenge.
    private static func check(_ verifier: CodeVerifier?, against challenge: CodeChallenge?) throws(OAuthError) {
        switch (verifier, challenge) {
        case (nil, nil): return
        case (let verifier?, let challenge?):
            guard CodeChallenge(verifier: verifier) == challenge else {
                throw OAuthError(.invalidGrant, "code_verifier does not match")
            }
        default: throw OAuthError(.invalidGrant, "code_challenge and code_verifier must be used together")
        }
    }

    /// Redeems a refresh token (RFC 6749 §6); a repeated rotated one revokes the grant (RFC 9700 §4.14.2).
    func refresh(
        _ token: String,
        clientID: String,
        scopes: [String]?,
        mayRotate: Bool = true,
        flavour: ProtocolFlavour,
        minting tokens: MintedTokens,
        now: Timestamp
    ) throws(OAuthError) -> Redemption {
        guard let grantID = refreshTokens[token], let entry = grants[grantID], entry.grant.flavour == flavour else {
            throw OAuthError(.invalidGrant, "the refresh token is unknown")
        }
        guard entry.grant.clientID == clientID else {
            throw OAuthError(.invalidGrant, "the refresh token was issued to another client")
        }
        grants[grantID]?.refreshAttemptCount += 1
        guard entry.revocation == nil else { throw OAuthError(.invalidGrant, "the refresh token is revoked") }
        guard entry.refreshTokens.last == token else {
            revoke(grantID, because: .refreshTokenReuse)
            throw OAuthError(.invalidGrant, "the refresh token has been used")
        }
        let scopes = scopes ?? entry.grant.scopes
        guard Set(scopes).isSubset(of: entry.grant.scopes) else {
            throw OAuthError(.invalidScope, "the scope exceeds what was granted")
        }
        let redemption = try grantTokens(
            grantID,
            scopes: scopes,
            minting: tokens,
            rotates: mayRotate && flavour.behaviour(in: configuration).refreshTokens == .rotating,
            now: now
        )
        grants[grantID]?.refreshCount += 1
        return redemption
    }

    private func grantTokens(
        _ grantID: Int,
        scopes: [String],
        minting tokens: MintedTokens,
        rotates: Bool,
        now: Timestamp
    ) throws(OAuthError) -> Redemption {
        guard let entry = grants[grantID], entry.revocation == nil else {
            throw OAuthError(.invalidGrant, "the grant is revoked")
        }
        let grant = entry.grant
        guard let user = user(grant.subject) else {
            throw OAuthError(.invalidGrant, "the user no longer exists")
        }
        let lifetime = grant.flavour.behaviour(in: configuration).accessTokenLifetime
        access[tokens.access] = AccessEntry(grantID: grantID, scopes: scopes, expiresAt: lifetime.map { now + $0 })
        if rotates {
            grants[grantID]?.refreshTokens.append(tokens.refresh)
            refreshTokens[tokens.refresh] = grantID
        }
        return Redemption(
            grant: grant,
            access: tokens.access,
            refresh: rotates ? tokens.refresh : nil,
            scopes: scopes,
            user: user
        )
    }

    // MARK: Using and revoking

    /// The user and the scopes of a valid access token.
    func bearer(
        _ token: String,
        flavour: ProtocolFlavour,
        now: Timestamp
    ) throws(OAuthError) -> (user: DevelopmentUser, scopes: [String]) {
        guard let entry = access[token], let grant = grants[entry.grantID], grant.grant.flavour == flavour,
            grant.revocation == nil
        else { throw OAuthError(.invalidToken, "the access token is unknown or revoked") }
        if let expiresAt = entry.expiresAt, now >= expiresAt {
            throw OAuthError(.invalidToken, "the access token has expired")
        }
        guard let user = user(grant.grant.subject) else {
            throw OAuthError(.invalidToken, "the user no longer exists")
        }
        return (user, entry.scopes)
    }

    /// RFC 7009 §2.1: revokes a token of this client; an unknown one counts as revoked.
    func revoke(_ token: String, of clientID: String) throws(OAuthError) {
        let grantID = refreshTokens[token] ?? access[token]?.grantID
        guard let grantID, let grant = grants[grantID]?.grant else { return }
        guard grant.clientID == clientID else {
            throw OAuthError(.invalidRequest, "the token was issued to another client")
        }
        if refreshTokens[token] == nil {
            _ = access.remove(token)
        } else {
            revoke(grantID, because: .client)
        }
    }

    /// Revokes all grants of a user.
    func revokeGrants(of subject: String) {
        for (id, entry) in grants where entry.grant.subject == subject { revoke(id, because: .provider) }
    }

    /// Removes all access tokens of a user; refresh tokens remain valid.
    func revokeAccessTokens(of subject: String) {
        let grants = grants
        access.removeAll { grants[$0.grantID]?.grant.subject == subject }
    }

    private func revoke(_ grantID: Int, because reason: RevocationReason) {
        guard grants[grantID]?.revocation == nil else { return }
        grants[grantID]?.revocation = reason
    }

    /// The history of the grants, oldest first.
    func reports() -> [GrantReport] {
        grants.sorted { $0.key < $1.key }.map { _, entry in
            GrantReport(
                clientID: entry.grant.clientID,
                subject: entry.grant.subject,
                refreshCount: entry.refreshCount,
                refreshAttemptCount: entry.refreshAttemptCount,
                revocation: entry.revocation
            )
        }
    }
}
