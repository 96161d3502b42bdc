import Foundation

extension GatehouseProcess {
    /// The program for several nodes, of the build that this test bundle belongs to.
    static func databaseProgram() throws -> String {
        let folder = URL(filePath: try executable()).deletingLastPathComponent()
        let candidates = ["gatehouse-postgresql", "GatehousePostgreSQL"].map { folder.appending(path: $0).path() }
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw Violation("no gatehouse-postgresql in \(folder.path())")
        }
        return found
    }
}

extension StorageDeployment {
    /// Replaces the storage directory of the configuration by a database.
    func useDatabase(_ address: String) throws {
        try edit { text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let storage = """
                storage:
                  encryption_key: {file: \(keyFile.path())}
                  postgresql: {url: "\(address)", pool: 4}
                """
            let before = lines.prefix { $0 != "storage:" }
            let after = lines.drop { !$0.hasPrefix("tokens:") }
            return (before + [Substring(storage)] + after).joined(separator: "\n")
        }
    }
}
