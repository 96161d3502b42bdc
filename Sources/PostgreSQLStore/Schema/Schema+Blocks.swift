extension Schema {
    /// The operator's blocks, sealed, by the keyed digest of kind and value.
    ///
    /// The one row of `block_lists` counts the blocks and all changes of them: a node that has seen the present number
    /// of changes has seen every block.
    static let blocks: [String] = [
        """
        CREATE TABLE blocks (
            key bytea NOT NULL PRIMARY KEY,
            body bytea NOT NULL,
            since bigint NOT NULL
        )
        """,
        """
        CREATE TABLE block_lists (
            id bigint NOT NULL PRIMARY KEY,
            block_count bigint NOT NULL,
            changes bigint NOT NULL
        )
        """,
        "INSERT INTO block_lists (id, block_count, changes) VALUES (1, 0, 0)",
    ]
}
