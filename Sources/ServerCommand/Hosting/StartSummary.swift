import Logging
import ServerConfiguration

/// The first line of the log: the version, the configuration and the optional features that are on.
struct StartSummary {
    private let configuration: Configuration
    private let file: String

    /// The summary of a configuration that was read from a file.
    init(_ configuration: Configuration, file: String) {
        self.configuration = configuration
        self.file = file
    }

    /// The members of the line.
    var metadata: Logger.Metadata {
        [
            "version": "\(ProgramVersion.text)",
            "config": "\(file)",
            "configuration": "\(ConfigurationSummary(configuration))",
            "storage": "\(storage)",
            "management": "\(configuration.management.address)",
            "features": "\(features.joined(separator: ", "))",
        ]
    }

    private var storage: String {
        if let database = configuration.storage.postgresql { return "PostgreSQL, pool \(database.connectionCount)" }
        guard let directory = configuration.storage.directory else { return "memory only" }
        return "\(directory), journal \(configuration.storage.journal.rawValue)"
    }

    /// What the configuration turns on, by the names of its keys.
    private var features: [String] {
        let optional: [(name: String, isOn: Bool)] = [
            ("registration", configuration.registration.isDynamic),
            ("metadata documents", configuration.registration.acceptsMetadataDocuments),
            ("administration", configuration.management.adminToken != nil || configuration.management.socket != nil),
            ("forward authentication", configuration.forwardAuth.secret != nil),
            ("trusted issuers", !configuration.trustedIssuers.isEmpty),
            ("device authorization", configuration.deviceAuthorization),
        ]
        return optional.filter(\.isOn).map(\.name)
    }
}
