extension Configuration {
    /// Where state is kept and how durable an acknowledged change is.
    package struct Storage: Hashable, Sendable {
        /// The directory of journal and snapshots, or `nil` for memory only.
        package var directory: String?

        /// The key that seals them; without one a key is made beside the data.
        package var encryptionKey: SecretReference?

        /// The time between two snapshots.
        package var snapshotInterval = Duration.seconds(5 * 60)

        /// When a change's record is on disk.
        package var journal = Journal.always

        /// The database that keeps the state in place of a directory, or `nil`.
        package var postgresql: PostgreSQL?

        /// Makes the default: memory only.
        package init() {}
    }

    /// When the journal is synced to disk.
    package enum Journal: String, CaseIterable, Hashable, Sendable {
        /// Before the response leaves; nothing acknowledged is lost.
        case always
        /// Once a second; a crash of the machine loses up to a second of acknowledged changes.
        case everySecond = "every-second"
        /// Never; a crash loses what came after the last snapshot.
        case off
    }
}

extension Configuration.Storage {
    static let keys = KeySection(Self()) {
        Key(
            "directory",
            \.directory,
            .text("path"),
            default: "memory only",
            "The directory of journal and snapshots."
        )
        Key(
            "encryption_key",
            \.encryptionKey,
            .secret(holding: .storageKey),
            default: "a key created beside the data",
            "The key that seals what is stored: 32 bytes as 64 hexadecimal digits (`openssl rand -hex 32`) or in base64."
        )
        Key(
            "snapshot_interval",
            \.snapshotInterval,
            .duration(.seconds(1) ... .hours(24)),
            "The time between two snapshots."
        )
        Key(
            "journal",
            \.journal,
            .choice,
            """
            When a change is synced to disk: before its response leaves, once a second, or never. Only `always` keeps \
            every acknowledged change through a crash of the machine.
            """
        )
        Key(
            "postgresql",
            \.postgresql,
            .section(Configuration.PostgreSQL.keys),
            default: "no database",
            "A PostgreSQL database that keeps the state in place of a directory. Only the program gatehouse-postgresql has it."
        )
    } finish: { section, storage, _ in
        guard storage.postgresql != nil else { return }
        for key in ["directory", "snapshot_interval", "journal"] {
            section[key]?.refuse("has no effect with storage.postgresql; remove one of them")
        }
        if storage.encryptionKey == nil {
            section["postgresql"]?.refuse(
                "needs storage.encryption_key, the same on every node: the database contains nothing that opens it"
            )
        }
    }
}
