import UpstreamIdentity

extension Verdict.Cause {
    /// What an event ends, refuses or warns of; `nil` for one that does nothing of these.
    init?(_ entry: AuditEntry) {
        let cause =
            Self.ending(entry) ?? Self.refusal(entry) ?? Self.upstream(entry) ?? Self.warning(entry)
            ?? Self.rejection(entry)
        guard let cause else { return nil }
        self = cause
    }

    /// Events after which a session, a client or a connection is gone.
    private static func ending(_ entry: AuditEntry) -> Verdict.Cause? {
        let (client, upstream, by) = (entry.shown("client_id"), entry.shown("upstream"), entry.shown("by"))
        switch entry.event {
        case "session.revoked":
            return Self(
                "client \(client) revoked its refresh token, which ended the session",
                "none: the client signs the user in when it needs to",
                isFinal: true
            )
        case "session.ended" where entry["reason"] == "access_withdrawn":
            return Self(
                "\(by) no longer accepts the user, so a refresh ended the session",
                "none if that is intended; otherwise change that rule, and the user logs in again",
                isFinal: true
            )
        case "session.ended" where entry["by"].hasPrefix("provider:"):
            return Self(
                "\(by.dropFirst("provider:".count)) ended what its user has here, and so the session",
                "ask the provider's administrators why; the user logs in again if they allow it",
                isFinal: true
            )
        case "session.ended":
            return Self(
                "\(by) ended the session",
                "ask the operator; the user may log in again unless blocked",
                isFinal: true
            )
        case "session.ended_upstream" where entry["reason"] == UpstreamFailureReason.accountNotAllowed.rawValue:
            return Self(
                "the account at \(upstream) is not known to meet required_claims, so the session ended",
                "the user logs in again; if that is refused, choose another account or change required_claims",
                isFinal: true
            )
        case "session.ended_upstream" where entry["reason"] == "logged_out_at_provider":
            return Self(
                "the user was signed out at \(upstream), which ended the session",
                "the user logs in again there",
                isFinal: true
            )
        case "session.ended_upstream":
            return Self(
                "\(upstream) ended the user's grant there (\(entry.shown("reason"))), and the session with it",
                "the user logs in again; if it repeats, look at the policy of \(upstream) for idle or revoked grants",
                isFinal: true
            )
        case "token.reuse_detected":
            return Self(
                "an old refresh token of client \(client) was used, so the session was revoked",
                "find two sources among the refreshes above: a copy was stolen, or the client does not store its newest token",
                isFinal: true
            )
        case "code.reuse_detected":
            return Self(
                "a code of client \(client) was redeemed twice, so its session was revoked",
                "the client repeats a redemption that succeeded, or somebody saw the code",
                isFinal: true
            )
        default: return party(entry)
        }
    }

    /// What an operator or a user did to a connection, a user, a client, many sessions or a key.
    private static func party(_ entry: AuditEntry) -> Verdict.Cause? {
        let (client, upstream, by) = (entry.shown("client_id"), entry.shown("upstream"), entry.shown("by"))
        switch entry.event {
        case "connection.disconnected":
            return Self(
                "the connection to \(upstream) was ended by \(by)",
                "the user connects \(upstream) again at the link that the MCP server shows",
                isFinal: true
            )
        case "user.signed_out":
            return Self("all browser logins of the user ended, by \(by)", "the user logs in again")
        case "client.removed":
            return Self("\(by) removed client \(client)", "the client registers again", isFinal: true)
        case "administration.blocked":
            return Self(
                "\(by) blocked \(entry.shown("kind")) \(entry.shown("value"))",
                "gatehouse unblock, if the block is no longer needed",
                isFinal: true
            )
        case "administration.ended_all":
            return Self(
                "\(by) ended all sessions that match \(entry.shown("filter"))",
                "the users log in again",
                isFinal: true
            )
        case "upstream.revoked_user":
            return Self(
                "\(entry.shown("upstream")) ended what its user has here",
                "ask the provider's administrators why; the user logs in again if they allow it",
                isFinal: true
            )
        case "signing_key.withdrawn":
            return Self(
                "\(by) withdrew the signing key \(entry.shown("kid"))",
                "clients refresh and get tokens of the present key",
                isFinal: false
            )
        case "token.revoked":
            return Self("client \(client) revoked one access token", "the client refreshes", isFinal: false)
        default: return nil
        }
    }

    /// Requests that were refused.
    private static func refusal(_ entry: AuditEntry) -> Verdict.Cause? {
        let (client, reason) = (entry.shown("client_id"), entry.shown("reason"))
        switch entry.event {
        case "client.authentication_failed":
            return Self(
                "client \(client) presented a wrong secret or assertion (\(entry.shown("failures")) times from there)",
                "compare the client's secret or key with the configuration; after a rotation it may have the old one"
            )
        case "proxy.secret_wrong":
            return Self("a proxy presented a wrong secret", "compare forward_auth.secret with the proxy's")
        case "admin.token_wrong":
            return Self(
                "somebody presented a wrong administrator's token",
                "compare management.admin_token with the command's file"
            )
        case "upstream.token_wrong":
            return Self(
                "an identity provider presented a wrong token",
                "compare global_revocation_token of the upstream with the provider's"
            )
        case "registration.token_wrong":
            return Self("a registration had a wrong initial access token", "give the client's author the present token")
        case "client.document_refused":
            return Self(
                "the metadata document of \(client) is unusable: \(reason)",
                "the client's author mends the document at that URL"
            )
        case "authorization.refused":
            return Self(
                "the authorization request of \(client) was refused: \(entry.shown("error"))",
                "the client's author compares its scope, resource and PKCE with the metadata document"
            )
        case "consent.denied", "consent.refused", "upstream.callback_refused": return browser(entry)
        case "delegation.refused":
            return Self(
                "client \(client) may not act for others here: \(reason)",
                "check delegates_to of the resource and is_delegate of the client"
            )
        case "assertion.refused":
            return Self(
                "an assertion was refused: \(reason)",
                "compare issuer, audience, time and key with trusted_issuers"
            )
        case "revocation.refused":
            return Self(
                "client \(client) tried to revoke another client's token",
                "the client's author looks at which token it presents"
            )
        case "upstream_token.refused":
            return Self(
                "the access token that \(client) presented for retrieval was refused: \(reason)",
                "the MCP server presents the token of its caller, issued for itself and not expired"
            )
        default: return nil
        }
    }

    /// Requests of a login that a browser made.
    private static func browser(_ entry: AuditEntry) -> Verdict.Cause {
        switch entry.event {
        case "consent.denied":
            Self("the user refused client \(entry.shown("client_id"))", "none: the user decides")
        case "consent.refused":
            Self(
                "the answer to a consent page was refused: \(entry.shown("reason"))",
                "the user starts again at the client, in one window"
            )
        default: callback(entry)
        }
    }

    private static func callback(_ entry: AuditEntry) -> Verdict.Cause {
        let remedy =
            switch entry["reason"] {
            case "expired": "the user took longer than the login is kept, and starts again at the client"
            case "unknown_state", "wrong_browser":
                "the login began in another browser or window; start again and stay in one"
            case "wrong_upstream", "malformed", "bad_form", "unknown_upstream":
                "compare the redirect URI that is registered at the provider"
            case "full", "overloaded":
                "the server is at a bound: see the gauges, and raise it or find who begins so many logins"
            default: "the user starts again at the client"
            }
        return Self("the return from \(entry.shown("upstream")) was refused: \(entry.shown("reason"))", remedy)
    }

    /// What failed at a provider.
    private static func upstream(_ entry: AuditEntry) -> Verdict.Cause? {
        let upstream = entry.shown("upstream")
        switch entry.event {
        case "upstream.login_failed", "upstream.refresh_failed":
            let action = entry.event == "upstream.login_failed" ? "the login at" : "the refresh at"
            let said = entry["provider"].isEmpty ? "" : ", which said: \(entry.shown("provider"))"
            let reason = UpstreamFailureReason(rawValue: entry["reason"])
            return Self(
                "\(action) \(upstream) failed (\(entry.shown("reason")))\(said)",
                reason.map { remedy($0, upstream) } ?? "see the log of that request"
            )
        case "connection.refused":
            return Self(
                "\(upstream) was not connected: \(entry.shown("result"))",
                "the user tries again, or with another account"
            )
        case "upstream_token.reported_invalid":
            return Self(
                "\(entry.shown("client_id")) reported that the API refuses the \(upstream) token (\(entry.shown("result")))",
                "the next retrieval refreshes it, or asks the user to connect again"
            )
        case "upstream_token.exchanged" where entry["result"] != "success":
            switch entry["reason"] {
            case "not_connected":
                return Self(
                    "the user has not connected \(upstream)",
                    "the user opens the link that the MCP server shows"
                )
            case "scope_missing":
                return Self("the connection to \(upstream) lacks a scope", "the user connects again and grants it")
            case "reauth_required":
                return Self(
                    "the connection to \(upstream) needs a new login there",
                    "the user connects \(upstream) again; the failed refresh before says why"
                )
            case "not_allowed":
                return Self("the user does not comply with allow of \(upstream)", "none, or change the rule")
            case "scope_required":
                return Self(
                    "the access token lacks a scope of required_scopes of \(upstream)",
                    "the client asks for that scope, if its user may have it"
                )
            case "agent":
                return Self("agents get no token of \(upstream), which is the operator's", "none")
            default:
                return Self(
                    "the \(upstream) token was not returned: \(entry.shown("result"))",
                    "see the refreshes at \(upstream) above"
                )
            }
        default: return nil
        }
    }

    private static func remedy(_ reason: UpstreamFailureReason, _ upstream: String) -> String {
        switch reason {
        case .accessDenied: "none, or look for a policy at \(upstream)"
        case .accountNotAllowed: "none, or change required_claims"
        case .loginTooOld: "check that \(upstream) sends auth_time"
        case .providerUnavailable: "wait: \(upstream) has a temporary fault"
        case .providerUnreachable: "check name, network and TLS on the way to \(upstream)"
        case .grantRefused: "the user connects \(upstream) again"
        case .refusedRepeatedly: "the user connects again; name the provider's words in dead_grant_words"
        case .clientRefused: "check client_id, secret and token_endpoint_auth_method of \(upstream)"
        case .requestRefused: "check scopes and the registered redirect URI of \(upstream)"
        case .answerInvalid: "compare endpoints and preset with the documents of \(upstream)"
        case .answerIncomplete: "none, unless it repeats"
        case .issuerMismatch: "check issuer of \(upstream); it may be an attack"
        case .issuerChanged: "ask the operator of \(upstream); to accept the change, set its issuer"
        case .resourceMismatch: "compare url of \(upstream) with resource in its metadata"
        case .proofKeyUnsupported: "ask the operator of \(upstream) for PKCE with S256"
        case .registrationUnavailable: "register by hand: client_id and issuer of \(upstream)"
        case .installationSuspended: "unsuspend the GitHub App's installation that \(upstream) names"
        case .installationRemoved: "check client_id and installation of \(upstream), or install the GitHub App again"
        case .discoveryFailed: "check issuer and discovery_url of \(upstream)"
        case .keysUnavailable: "check jwks_uri of \(upstream)"
        case .idTokenInvalid: "check clocks and issuer_in_tokens of \(upstream)"
        case .userInfoFailed: "check scopes and userinfo of \(upstream)"
        case .misconfigured: "run gatehouse upstream try for \(upstream)"
        case .serverFailed: "this server was at a bound or could not write: see the log and the gauges"
        }
    }

    /// What ends nothing, but may explain what does.
    private static func warning(_ entry: AuditEntry) -> Verdict.Cause? {
        switch entry.event {
        case "token.repeated_elsewhere":
            return Self(
                "the predecessor of a refresh token was used from another network with another program",
                "look into it: it may be a thief; gatehouse sessions TSID --end ends the session"
            )
        case "token.ahead_of_state":
            return Self(
                "a refresh token was newer than the restored state, and was accepted once",
                "none after a restore; otherwise find out who put older files back"
            )
        case "audit.dropped":
            return Self(
                "\(entry.shown("count")) events were lost here",
                "the explanation may have a gap; make room for the trail"
            )
        default: return nil
        }
    }
}
