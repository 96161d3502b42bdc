import ArgumentParser
import AuthorizationServer
import DurableLog
import FoundationEssentials
import GatehouseHosting
import Logging
import ServerConfiguration

/// The storage directory that a command works on, and the key of its files.
struct StorageArguments: ParsableArguments {
    @Option(name: .long, help: "The path of the server's YAML file, which names the directory and the key.")
    var config: String?

    @Option(name: .long, help: "The storage directory, instead of the configured one.")
    var directory: String?

    @Option(name: .long, help: "The file of the storage key, instead of the configured one.")
    var keyFile: String?

    func validate() throws {
        guard config != nil || directory != nil else {
            throw ValidationError("Specify the storage with --config or --directory.")
        }
    }

    /// Runs the body with the directory and the key; prints an error as one line and exits with 1.
    func withStorage(_ body: (Storage) throws -> Void) throws {
        do {
            try body(try storage())
        } catch {
            throw Self.reported(error)
        }
    }

    /// The same for a body that waits.
    func withStorage(_ body: (Storage) async throws -> Void) async throws {
        do {
            try await body(try storage())
        } catch {
            throw Self.reported(error)
        }
    }

    private static func reported(_ error: any Error) -> ExitCode {
        switch error {
        case let exit as ExitCode: return exit
        case let errors as ConfigurationErrors:
            for error in errors.errors { Console.writeError("\(error)") }
        case StorageError.damaged(let damage):
            // The stated remedy is for a start. A server never starts from a backup: use another one.
            Console.writeError("gatehouse snapshot: \(damage.finding)")
        default: Console.writeError("gatehouse snapshot: \(error)")
        }
        return .failure
    }

    /// The path behind symbolic links, which the storage does not follow: the operator named it.
    static func resolvingLinks(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// Reads a storage key from a file.
    static func readKey(file: String) throws -> StorageKey {
        do {
            return try StorageKey(contents: try HostFiles().bytes(file))
        } catch let refusal as HostFiles.Refusal {
            throw KeyRefusal(description: "the key file \(file) \(refusal.reason): specify it with --key-file")
        } catch {
            throw KeyRefusal(description: "\(file): \(error)")
        }
    }

    /// A directory with its key.
    struct Storage {
        let directory: String
        let key: StorageKey

        /// The reader of the stored files.
        func inspection() throws -> StorageInspection {
            try StorageInspection(directory: directory, key: .configured(key), logger: Self.logger)
        }

        private static var logger: Logger { Logger(label: "gatehouse") { _ in SwiftLogNoOpLogHandler() } }
    }

    /// Why the key is not available.
    private struct KeyRefusal: Error, CustomStringConvertible {
        let description: String
    }

    private func storage() throws -> Storage {
        let configured = try config.map { path in
            try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: path).storage
        }
        guard let directory = directory ?? configured?.directory else {
            throw KeyRefusal(description: "the configuration has no storage.directory: specify it with --directory")
        }
        if keyFile == nil, let secret = configured?.encryptionKey?.value {
            return Storage(directory: directory, key: try StorageKey(contents: secret.bytes))
        }
        // The directory of a restore may not exist yet; the key is then not in it.
        guard keyFile != nil || FileManager.default.fileExists(atPath: directory) else {
            throw KeyRefusal(description: "the storage directory \(directory) does not exist")
        }
        return Storage(directory: directory, key: try Self.readKey(file: keyFile ?? directory + "/master.key"))
    }
}
