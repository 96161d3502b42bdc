extension Schema {
    /// The nodes that use the database, by random ids of their processes.
    static let nodes: [String] = [
        "CREATE TABLE nodes (id bytea NOT NULL PRIMARY KEY, seen_at bigint NOT NULL)"
    ]
}
