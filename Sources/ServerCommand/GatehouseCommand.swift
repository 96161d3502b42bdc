package import ArgumentParser
import Foundations
import GatehouseHosting
import OpenSSLCrypto

// The program's allocator: importing it is using it. A build with a sanitizer is without it.
#if canImport(CJemalloc)
import CJemalloc
#endif

/// The root of the command line: `gatehouse`.
package struct GatehouseCommand: AsyncParsableCommand {
    /// The commands: those for databases only in the program that is linked with one.
    package static var configuration: CommandConfiguration {
        var configuration = ofOneNode
        if DatabaseEngines.current != nil { configuration.subcommands += [DatabaseCommand.self, StorageCommand.self] }
        return configuration
    }

    private static let ofOneNode = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "The OAuth authorization server for MCP.",
        discussion: """
            Exit codes: 0 for success, 1 for failure, 2 for a wrong command line.
            """,
        version: ProgramVersion.text,
        subcommands: [
            ServeCommand.self, CheckConfigurationCommand.self, ConfigCommand.self, DevCommand.self,
            UpstreamCommand.self, PresetsCommand.self, SnapshotCommand.self, StatusCommand.self, UsersCommand.self,
            SessionsCommand.self,
            ClientsCommand.self, ConnectionsCommand.self, UpstreamsCommand.self, KeysCommand.self, EndAllCommand.self,
            BlockCommand.self,
            UnblockCommand.self, BlocksCommand.self, ConsentsCommand.self, AuditCommand.self, ExplainCommand.self,
            ReloadCommand.self, ImportCommand.self, ConformanceCommand.self,
        ]
    )

    /// The root, without arguments.
    package init() {}

    /// Runs the command that the arguments name, and exits with 0, 1 or 2.
    package static func main() async {
        // First, while there is one thread: with this variable libcurl would reveal every TLS connection of ours.
        ProcessSecrecy.ignoreKeyLog()
        OpenSSLLibrary.stayUntilTheEnd()
        if let objection = MistypedCommand.objection(to: CommandLine.arguments.dropFirst().first, in: configuration) {
            Console.writeError(objection)
            Console.exit(2)
        }
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(for: error)
        }
    }

    // The library's own code for a wrong command line is 64; this program uses 2, like shells.
    private static func exit(for error: any Error) -> Never {
        let status = exitCode(for: error)
        let message = fullMessage(for: error)
        if !message.isEmpty {
            status.isSuccess ? Console.write(message) : Console.writeError(message)
        }
        Console.exit(status == .validationFailure ? 2 : status.rawValue)
    }
}
