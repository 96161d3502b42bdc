import OAuthProtocol

/// UP-4, D-64: only accounts whose claims are as the operator requires may log in, and remain logged in.
extension UpstreamProvider {
    /// Checks a login, by the provider's claims, never by a hint.
    ///
    /// - Returns: The requirements, each with only those accepted values that the account has.
    /// - Throws: ``UpstreamError`` of the code `notAdmitted` for any other account.
    func metRequirements(_ claims: JSONObject) throws(UpstreamError) -> [UpstreamClaimRequirement] {
        var met: [UpstreamClaimRequirement] = []
        for requirement in configuration.requiredClaims {
            let accepted = claims.value(at: requirement.claim).map(requirement.accepted) ?? []
            guard !accepted.isEmpty else {
                throw UpstreamError(.notAdmitted, "the claim \(requirement.claim) does not have an accepted value")
            }
            met.append(UpstreamClaimRequirement(claim: requirement.claim, acceptedValues: accepted))
        }
        return met
    }

    /// Whether the operator requires anything of the accounts.
    package var requiresClaims: Bool { !configuration.requiredClaims.isEmpty }

    /// Checks an account that logged in earlier against the requirements of today, which may differ from that login's.
    ///
    /// Its claims are not stored. A requirement is met by an accepted value that the login showed, or by the ID token
    /// that is stored with the account's tokens. What neither shows is not met: only another login can tell.
    ///
    /// - Parameters:
    ///   - met: What ``UpstreamLogin/metRequirements`` was at the login.
    ///   - idToken: The stored ID token, which was verified before it was stored.
    /// - Returns: Whether the account is known to meet them.
    package func stillAdmits(met: [UpstreamClaimRequirement], idToken: String?) -> Bool {
        guard requiresClaims else { return true }
        let claims = openID == nil ? nil : idToken.flatMap(Self.claims(ofStored:))
        return configuration.requiredClaims.allSatisfy { requirement in
            if let value = claims?.value(at: requirement.claim), requirement.accepts(value) { return true }
            return met.contains {
                $0.claim == requirement.claim && $0.acceptedValues.contains(where: requirement.isAccepted)
            }
        }
    }

    private static func claims(ofStored idToken: String) -> JSONObject? {
        // An unreadable token shows no claims.
        guard let jws = try? CompactJWS(parsing: idToken, maximumBytes: IDTokenVerifier.byteCountMax) else {
            return nil
        }
        return try? JSONWebToken.unverifiedClaims(of: jws)
    }
}
