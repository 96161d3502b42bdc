extension Verdict.Cause {
    /// Requests for a login or for tokens that were refused without any effect.
    static func rejection(_ entry: AuditEntry) -> Verdict.Cause? {
        let client = entry.shown("client_id")
        switch entry.event {
        case "token.refused": return token(entry, client)
        case "authorization.page_error": return page(entry, client)
        case "request.throttled":
            return Self(
                "requests from one address exceeded the allowance for \(entry.shown("purpose"))",
                "find the program at that address that repeats failures; if many users share it, raise limits.*_per_source"
            )
        case "token.key_refused":
            return Self(
                "client \(client) used a refresh token without the DPoP key that it is bound to",
                "if the client lost its key, its user logs in again; otherwise somebody copied the token: end the session"
            )
        case "dpop.proof_replayed":
            return Self(
                "a DPoP proof was used twice",
                "the client makes a new proof for each request; otherwise somebody copied one"
            )
        case "dpop.proof_wrong":
            return Self(
                "a DPoP proof had a wrong signature or key",
                "the client's author compares the proof's key and algorithm with the metadata document"
            )
        case "client.management_failed":
            return Self(
                "somebody presented a wrong registration token of client \(client)",
                "the client uses the registration_access_token of its last answer, or registers again"
            )
        case "configuration.reload_refused":
            return Self(
                "the configuration was not reloaded: \(entry.shown("reason"))",
                "mend the file and reload again; until then the earlier configuration is in effect"
            )
        case "upstream.logged_out":
            return Self(
                "\(entry.shown("upstream")) signed a user out, which ended \(entry.shown("sessions")) sessions here",
                "none: the user logs in again at \(entry.shown("upstream"))"
            )
        default: return nil
        }
    }

    private static func token(_ entry: AuditEntry, _ client: String) -> Verdict.Cause {
        let isRefresh = entry["grant_type"] == "refresh_token"
        switch (entry["reason"], isRefresh) {
        case ("expired", true):
            return Self(
                "the session of client \(client) had expired: its login or its last refresh is too long ago",
                "the user logs in again; to make it rarer, raise tokens.session_lifetime or tokens.refresh_token_lifetime"
            )
        case ("unknown_session", true):
            return Self(
                "client \(client) used a refresh token of a session that no longer exists",
                "the user logs in again; an earlier event of the session, or of its user or client, says what ended it"
            )
        case ("wrong_client", true):
            return Self(
                "client \(client) used a refresh token that was issued to another client",
                "the client's author looks at which token it stores for which registration"
            )
        case ("expired", false):
            return Self(
                "client \(client) redeemed a code after tokens.authorization_code_lifetime",
                "the client redeems a code at once; the user starts the login again"
            )
        case ("unknown_code", false):
            return Self(
                "client \(client) redeemed a code that this server does not know",
                "the user starts the login again; if it repeats, the client alters the code or calls another server"
            )
        case ("wrong_verifier_or_client", false):
            return Self(
                "client \(client) redeemed a code without its code_verifier, or another client's code",
                "the client keeps the verifier of each login with its state; otherwise somebody saw the code"
            )
        default: return tokenByError(entry, client)
        }
    }

    private static func tokenByError(_ entry: AuditEntry, _ client: String) -> Verdict.Cause {
        let what = "a token request of client \(client) was refused: \(entry.shown("reason"))"
        switch entry["error"] {
        case "temporarily_unavailable", "server_error":
            return Self(
                what,
                "the client repeats it; if it lasts, look at /health/ready and the log: the storage or a bound"
            )
        case "invalid_target":
            return Self(
                what,
                "compare resource of the request with resources in the configuration; add it again if needed"
            )
        case "invalid_scope":
            return Self(what, "the client asks for scopes that were granted, or its user logs in again for more")
        case "too_many_requests":
            return Self(what, "the client waits as Retry-After says, and does not repeat a request that succeeded")
        default: return Self(what, "the client's author compares the request with the login; the user logs in again")
        }
    }

    private static func page(_ entry: AuditEntry, _ client: String) -> Verdict.Cause {
        switch entry["reason"] {
        case "unknown_client":
            return Self(
                "client \(client) is not registered here, or blocked",
                "the client registers again; gatehouse blocks shows whether it, or its host, is blocked"
            )
        case "unregistered_redirect_uri", "missing_redirect_uri":
            return Self(
                "client \(client) asked with a redirect URI that it has not registered",
                "the client's author registers the exact URI, or the operator changes redirect_uris of a configured client"
            )
        case "unknown_request_uri":
            return Self(
                "client \(client) used a pushed request that has expired or is another client's",
                "the user starts again at the client, which pushes a new request"
            )
        case "temporarily_unavailable", "document_throttled":
            return Self(
                "client \(client) could not be looked up just then",
                "the user tries again; if it lasts, look at /health/ready and the log"
            )
        case "document_unavailable", "document_unacceptable":
            return Self(
                "the metadata document of \(client) could not be used",
                "the client's author checks the document at that URL; client.document_refused has the reason"
            )
        default:
            return Self(
                "an authorization request was not well-formed: \(entry.shown("reason"))",
                "the client's author compares its parameters with RFC 6749 §4.1.1"
            )
        }
    }
}
