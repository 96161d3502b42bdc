import Foundation
import Testing

@testable import ServerCommand

@Suite("The command line answers with 0, 1 or 2")
struct CommandLineTests {
    private struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs the built command in a process of its own.
    private func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        let process = Process()
        let executable: URL = try #require(Self.executable)
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let errorText = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: errorText, as: UTF8.self)
        )
    }

    /// The command beside the test bundle; named for its product, or for its target where only that is built.
    private static var executable: URL? {
        let folder = Bundle.allBundles.lazy.map(\.bundleURL)
            .first { $0.pathExtension == "xctest" }?.deletingLastPathComponent()
        let folders = [folder, URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()].compactMap(\.self)
        let candidates: [URL] = folders.flatMap { folder in
            ["gatehouse", "ServerCommand"].map { folder.appending(path: $0) }
        }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path()) }
    }

    @Test(
        "help and version succeed on standard output",
        arguments: [["--help"], ["check-config", "--help"], ["--version"]]
    )
    func help(arguments: [String]) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == 0)
        #expect(!outcome.output.isEmpty && outcome.errors.isEmpty)
    }

    @Test("a mistyped command is refused with the most similar one")
    func mistyped() {
        let commands = GatehouseCommand.configuration
        #expect(
            MistypedCommand.objection(to: "devv", in: commands) == "gatehouse: unknown command devv; did you mean dev?"
        )
        #expect(MistypedCommand.objection(to: "sesions", in: commands)?.contains("did you mean sessions?") == true)
        #expect(MistypedCommand.objection(to: "xyzzy-plugh", in: commands)?.contains("--help") == true)
        for accepted in ["dev", "help", "--version", nil] {
            #expect(MistypedCommand.objection(to: accepted, in: commands) == nil)
        }
    }

    @Test(
        "a command line that cannot be understood is 2, on standard error",
        arguments: [["bogus"], ["check-config"], ["check-config", "--config"], ["check-config", "--nope", "x"]]
    )
    func usage(arguments: [String]) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty && outcome.errors.contains("gatehouse"))
    }

    @Test(
        "N-4: connections are those of a user, of an upstream, or one to end",
        arguments: [
            [], ["--user", "u", "--upstream", "corp"], ["--end", "c", "--upstream", "corp"], ["--end-all"],
            ["--user", "u", "--end-all"], ["--user", "u", "--limit", "1"],
            ["--upstream", "corp", "--end-all", "--limit", "1"],
            ["--upstream", ""], ["--upstream", "../users"], ["--upstream", "Corp"], ["--upstream", "a/b"],
        ]
    )
    func connections(arguments: [String]) throws {
        let outcome = try run(["connections"] + arguments + ["--socket", "/nowhere"])
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty && !outcome.errors.contains("/nowhere does not answer"))
    }

    @Test("N-4: connections --upstream asks the server, with and without --end-all")
    func connectionsAsk() throws {
        for arguments in [["--limit", "1", "--after", "x"], ["--end-all"]] {
            let outcome = try run(["connections", "--upstream", "corp"] + arguments + ["--socket", "/nowhere"])
            #expect(outcome.status == 1 && outcome.errors.contains("/nowhere does not answer"))
        }
    }

    @Test("check-config says what is valid, and names what is not in one line each")
    func checkConfiguration() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString).yaml")
        defer {
            // A temporary file that could not be removed is no reason to fail the test.
            try? FileManager.default.removeItem(at: file)
        }
        try Data("issuer: https://a.example\n".utf8).write(to: file)
        let valid = try run(["check-config", "--config", file.path()])
        #expect(valid.status == 0)
        #expect(
            valid.output.hasPrefix("configuration is valid: issuer https://a.example; listening on 127.0.0.1:8080;")
        )
        let overridden = try run(
            ["check-config", "--config", file.path()],
            environment: ["GATEHOUSE_CONSENT": "never", "GATEHOUSE_TOKENS_SESSION_LIFETIME": "1s"]
        )
        #expect(overridden.status == 1 && overridden.output.isEmpty)
        #expect(
            overridden.errors.split(separator: "\n").map(String.init) == [
                "tokens.session_lifetime: 1s is below the minimum of 1m (GATEHOUSE_TOKENS_SESSION_LIFETIME)",
                "consent: never is not one of always, remember, trusted (GATEHOUSE_CONSENT)",
                "configuration is not valid: 2 errors in \(file.path())",
            ]
        )
        let online = try run(["check-config", "--online", "--config", file.path()])
        // The file trusts no proxy.
        #expect(online.status == 0 && online.errors.hasPrefix("warning: trusted_proxies: "))
        let missing = try run(["check-config", "--config", "/nowhere/gatehouse.yaml"])
        #expect(missing.status == 1 && missing.errors.hasPrefix("/nowhere/gatehouse.yaml: does not exist"))
    }

    @Test("check-config --online and upstream try fail with the upstream's name and what to do")
    func upstreams() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString).yaml")
        defer {
            // A temporary file that could not be removed is no reason to fail the test.
            try? FileManager.default.removeItem(at: file)
        }
        let text = """
            issuer: https://a.example
            trusted_proxies: [10.0.0.1]
            upstreams:
              - {name: corp, type: oidc, issuer: "http://127.0.0.1:1", client_id: x, client_secret: {env: S},
                 allow_insecure_http: true, allow_private_network: true}

            """
        try Data(text.utf8).write(to: file)
        let environment = ["S": "the-secret-of-the-upstream"]
        let online = try run(["check-config", "--online", "--config", file.path()], environment: environment)
        #expect(online.status == 1)
        #expect(online.output.contains("upstream corp: FAILED") && online.output.contains("-> check the address"))
        #expect(online.errors == "upstreams that cannot be used: corp\n")
        #expect(!(online.output + online.errors).contains("the-secret-of-the-upstream"))
        let unknown = try run(["upstream", "try", "missing", "--config", file.path()], environment: environment)
        #expect(unknown.status == 1 && unknown.errors.contains("there is no upstream missing"))
        let wait = try run(
            ["upstream", "try", "corp", "--config", file.path(), "--wait", "0"],
            environment: environment
        )
        #expect(wait.status == 2)
    }
}
