extension Schema {
    /// Consumed ids of assertions and proofs, with their owners; digests only.
    static let replay: [String] = [
        """
        CREATE TABLE consumed_assertions (
            id bytea NOT NULL PRIMARY KEY,
            owner_id bytea NOT NULL,
            is_self_registered boolean NOT NULL,
            expiry bigint NOT NULL
        )
        """,
        "CREATE INDEX consumed_assertions_expiry ON consumed_assertions (expiry)",
        "CREATE INDEX consumed_assertions_owner ON consumed_assertions (owner_id, expiry)",
        "CREATE INDEX consumed_assertions_self ON consumed_assertions (expiry) WHERE is_self_registered",
    ]
}
