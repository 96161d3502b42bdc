extension Schema {
    /// Logins, codes, sessions, consents and revoked access tokens.
    ///
    /// `client`, `resource` and `scopes` are keyed digests, by which a statement compares without knowing the text.
    /// `sweep_at` is when a session is looked at next: a refresh prolongs a session without touching an index.
    static let sessions: [String] = [
        """
        CREATE TABLE used_tickets (
            ticket bytea PRIMARY KEY,
            source bigint NOT NULL,
            expiry bigint NOT NULL
        )
        """,
        "CREATE INDEX used_tickets_expiry ON used_tickets (expiry)",
        "CREATE INDEX used_tickets_source ON used_tickets (source, expiry)",
        """
        CREATE TABLE logins (
            state bytea PRIMARY KEY,
            stage bigint NOT NULL,
            session_id bytea NOT NULL,
            client bytea NOT NULL,
            connections bytea[] NOT NULL,
            source bigint NOT NULL,
            upstream bytea NOT NULL,
            binding bytea NOT NULL,
            ended boolean NOT NULL,
            expiry bigint NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX logins_expiry ON logins (expiry)",
        "CREATE INDEX logins_stage ON logins (stage, expiry)",
        "CREATE INDEX logins_source ON logins (source, stage, expiry)",
        "CREATE INDEX logins_session ON logins (session_id)",
        "CREATE INDEX logins_connections ON logins USING gin (connections)",
        """
        CREATE TABLE codes (
            code bytea PRIMARY KEY,
            session_id bytea NOT NULL,
            user_id bytea NOT NULL,
            client bytea NOT NULL,
            resource bytea NOT NULL,
            scopes bytea[] NOT NULL,
            connections bytea[] NOT NULL,
            source bigint NOT NULL,
            redirect_uri bytea NOT NULL,
            challenge bytea NOT NULL,
            bound_key bytea,
            issues_refresh_token boolean NOT NULL,
            redeemable_until bigint NOT NULL,
            failures bigint NOT NULL,
            redeemed boolean NOT NULL,
            replayed boolean NOT NULL,
            ended boolean NOT NULL,
            expiry bigint NOT NULL,
            session_body bytea NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX codes_expiry ON codes (expiry)",
        "CREATE INDEX codes_redeemable ON codes (redeemable_until) WHERE NOT redeemed AND NOT ended",
        "CREATE INDEX codes_source ON codes (source, expiry)",
        "CREATE INDEX codes_session ON codes (session_id)",
        "CREATE INDEX codes_connections ON codes USING gin (connections)",
        """
        CREATE TABLE sessions (
            id bytea PRIMARY KEY,
            user_id bytea NOT NULL,
            client bytea NOT NULL,
            resource bytea NOT NULL,
            scopes bytea[] NOT NULL,
            connections bytea[] NOT NULL,
            absolute_expiry bigint NOT NULL,
            idle_expiry bigint NOT NULL,
            generation bigint NOT NULL,
            rotated_at bigint NOT NULL,
            rotated_network bigint,
            rotated_agent bigint,
            repeats bigint NOT NULL,
            bound_key bytea,
            token_hash bytea UNIQUE,
            parent_id bytea,
            created_at bigint,
            sweep_at bigint NOT NULL,
            body bytea NOT NULL
        ) WITH (fillfactor = 80)
        """,
        "CREATE INDEX sessions_sweep ON sessions (sweep_at)",
        "CREATE INDEX sessions_user ON sessions (user_id, client)",
        """
        CREATE TABLE consents (
            key bytea PRIMARY KEY,
            user_id bytea NOT NULL,
            client bytea NOT NULL,
            given_at bigint NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX consents_given ON consents (given_at)",
        "CREATE INDEX consents_user ON consents (user_id, client)",
        """
        CREATE TABLE revoked_tokens (
            token bytea PRIMARY KEY,
            session_id bytea,
            expiry bigint NOT NULL
        )
        """,
        "CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expiry)",
        "CREATE INDEX revoked_tokens_session ON revoked_tokens (session_id, expiry) WHERE session_id IS NOT NULL",
    ]
}
