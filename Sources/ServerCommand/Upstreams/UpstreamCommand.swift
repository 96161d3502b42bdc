import ArgumentParser
import AuthorizationServer
import FoundationEssentials
import GatehouseHosting
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// `gatehouse upstream`: commands about one configured provider.
struct UpstreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Try a configured upstream.",
        subcommands: [UpstreamTryCommand.self]
    )
}

/// `gatehouse upstream try`: one login in the operator's browser, and what came of it.
struct UpstreamTryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try",
        abstract: "Log in at an upstream with your browser, and print what the provider gives.",
        discussion: """
            The browser comes back to this machine: register the redirect URI that is printed at the provider first. Shows
            scopes, lifetimes, whether there is a refresh token, the identity and further members of the answer; tokens
            by their lengths alone. Stores nothing, and needs no running server.
            """
    )

    @Argument(help: "The name of the upstream in the configuration.")
    var name: String

    @Option(name: .long, help: "The path of the YAML file.")
    var config: String

    @Option(name: .long, help: "The port on 127.0.0.1 that the browser comes back to.")
    var port: UInt16 = 8976

    @Option(name: .long, help: "How many seconds to wait for the browser.")
    var wait: Int = 300

    func validate() throws {
        guard (1...3600).contains(wait) else { throw ValidationError("--wait must be 1 to 3600 seconds") }
    }

    func run() async throws {
        let loaded: Configuration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: config)
        } catch {
            for error in error.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        }
        guard let upstream = loaded.upstreams.first(where: { $0.name == name }) else {
            let names = loaded.upstreams.map(\.name).joined(separator: ", ")
            Console.writeError("there is no upstream \(name); the configuration has: \(names)")
            throw ExitCode.failure
        }
        guard upstream.preset.isVisited else {
            Console.writeError("\(name) is of type: \(upstream.preset.name); there is no login to try")
            throw ExitCode.failure
        }
        do {
            try await attempt(upstream, loaded)
        } catch let exit as ExitCode {
            throw exit
        } catch {
            Console.writeError("the trial failed: \(error)")
            throw ExitCode.failure
        }
    }

    private func attempt(_ upstream: Configuration.Upstream, _ loaded: Configuration) async throws {
        let logger = Logger(label: "trial") { _ in SwiftLogNoOpLogHandler() }
        let client = try OutboundClients.provider(loaded.outbound, logger: logger)
        let timeSource = SystemTimeSource()
        let trial = try UpstreamTrial(
            upstream,
            issuer: loaded.issuer,
            reservation: try PortReservation(SocketAddress(ip: .loopback, port: port)),
            transport: client,
            timeSource: timeSource,
            logger: logger
        )
        try await trial.start()
        Console.write("redirect URI to register at the provider: \(trial.redirectURI)")
        Console.write("open in your browser:                     \(trial.startURL)")
        let outcome = await trial.outcome(within: .seconds(wait))
        await trial.stop()
        await client.shutdown()
        let lines = Self.lines(outcome, of: trial.provider, now: timeSource.now())
        for line in lines.output { Console.write(line) }
        for line in lines.errors { Console.writeError(line) }
        guard lines.errors.isEmpty else { throw ExitCode.failure }
    }

    /// What is printed of an outcome; a failure goes to standard error.
    static func lines(
        _ outcome: UpstreamTrial.Outcome,
        of provider: UpstreamProvider,
        now: Timestamp
    ) -> (output: [String], errors: [String]) {
        switch outcome {
        case .login(let login): (UpstreamTrialReport(login, of: provider, now: now).lines, [])
        case .failure(let error):
            ([], ["upstream \(provider.name): the login failed: \(error.reason)"])
        case .refusal(let error, let description):
            ([], ["upstream \(provider.name): the provider refused: \(error)\(description.map { " (\($0))" } ?? "")"])
        case .timeout:
            ([], ["upstream \(provider.name): no browser came back in time; is the redirect URI registered there?"])
        }
    }
}
