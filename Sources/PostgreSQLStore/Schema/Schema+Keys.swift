extension Schema {
    /// Signing keys, secrets and the number of their generation, and requests of devices without a browser.
    static let keysAndDevices: [String] = [
        """
        CREATE TABLE key_generation (
            id bigint PRIMARY KEY,
            number bigint NOT NULL
        )
        """,
        "INSERT INTO key_generation (id, number) VALUES (1, 0)",
        """
        CREATE TABLE signing_keys (
            key_id text PRIMARY KEY,
            position bigint GENERATED ALWAYS AS IDENTITY,
            purpose bigint NOT NULL,
            state bigint NOT NULL,
            origin bigint NOT NULL,
            published_at bigint NOT NULL,
            activated_at bigint,
            retired_at bigint,
            body bytea NOT NULL
        )
        """,
        """
        CREATE TABLE vault_keys (
            number bigint PRIMARY KEY,
            body bytea NOT NULL
        )
        """,
        """
        CREATE TABLE server_secret (
            id bigint PRIMARY KEY,
            body bytea NOT NULL
        )
        """,
        """
        CREATE TABLE devices (
            device_code bytea PRIMARY KEY,
            user_code bytea NOT NULL UNIQUE,
            client bytea NOT NULL,
            redeemable_until bigint NOT NULL,
            decision bigint,
            login_code bytea,
            interval_ms bigint NOT NULL,
            polled_at bigint,
            expiry bigint NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX devices_expiry ON devices (expiry)",
    ]
}
