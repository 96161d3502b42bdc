extension Configuration {
    /// How we connect to upstream providers and metadata documents.
    package struct Outbound: Hashable, Sendable {
        /// The path of a PEM bundle of authorities, added to the system's.
        package var caFile: String?

        /// Makes the default: the system's authorities only.
        package init() {}
    }
}

extension Configuration.Outbound {
    static let keys = KeySection(Self()) {
        Key(
            "ca_file",
            \.caFile,
            .file(holding: .certificates),
            "A PEM bundle of certificate authorities, trusted besides the system's."
        )
    }
}
