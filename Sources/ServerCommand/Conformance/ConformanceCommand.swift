import ArgumentParser
import FoundationEssentials
import GatehouseHosting
import Logging
import OAuthProtocol
import OutboundHTTP

/// `gatehouse conformance`: a black-box suite for any authorization server for MCP.
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Check an authorization server for MCP against the rules, from outside.",
        discussion: """
            Registers up to a dozen clients and sends malformed requests: use it on a server that is yours. Rules that \
            need a user are checked with --login-hint (a user that the sign-in page offers or asks for by name) or \
            --cookie; without them they are reported as not checked. Exits with 1 if a rule is broken.
            """
    )

    @Option(name: .long, help: "The issuer of the server.")
    var issuer: String

    @Flag(name: .long, help: "Allow a server that is not on this machine, and private networks.")
    var allowRemote = false

    @Option(name: .long, help: "The last MCP revision whose rules are checked.")
    var revision = MCPRevision.current

    @Option(name: .long, help: "A rule to check, such as AZ-7, instead of all; may be repeated.")
    var rule: [String] = []

    @Option(name: .long, help: "The user that the sign-in page offers or asks for.")
    var loginHint: String?

    @Option(name: .long, help: "A cookie of a signed-in browser for the issuer's host, as NAME=VALUE; may be repeated.")
    var cookie: [String] = []

    @Option(name: .long, help: "The resource to request; otherwise the first that the metadata names.")
    var resource: String?

    @Option(name: .long, help: "The scope to request; otherwise what the metadata offers.")
    var scope: String?

    @Option(name: .long, help: "A parameter to add to every authorization request, as NAME=VALUE; may be repeated.")
    var parameter: [String] = []

    @Option(name: .long, help: "The id of an existing client for the user's login, instead of a registered one.")
    var clientID: String?

    @Option(name: .long, help: "The file with the existing client's secret.")
    var clientSecretFile: String?

    @Option(name: .long, help: "The existing client's redirect URI.")
    var redirectURI = ConformanceSubject.loopbackRedirect

    @Option(name: .long, help: "Write a report for continuous integration to this file, as JUnit XML.")
    var junit: String?

    @Flag(name: .long, help: "Print JSON instead of lines.")
    var json = false

    func validate() throws {
        let objection = Self.objection(
            issuer: issuer,
            allowsRemote: allowRemote,
            rules: rule,
            revision: revision,
            cookies: cookie,
            parameters: parameter
        )
        if let objection {
            throw ValidationError(objection)
        }
        guard clientSecretFile == nil || clientID != nil else {
            throw ValidationError("--client-secret-file needs --client-id")
        }
    }

    /// What is wrong with the arguments, if anything is: a server elsewhere is examined only if that is asked for, and
    /// of a rule that is later than the revision nothing would be checked.
    static func objection(
        issuer: String,
        allowsRemote: Bool,
        rules: [String],
        revision: MCPRevision = .current,
        cookies: [String],
        parameters: [String] = []
    ) -> String? {
        guard let uri = URIReference(issuer), uri.host != nil, ["http", "https"].contains(uri.scheme) else {
            return "--issuer must be an http or https URL"
        }
        guard allowsRemote || uri.isLoopbackHost else {
            return "\(issuer) is not on this machine; add --allow-remote to examine it"
        }
        let checks = ConformanceGroup.all.flatMap(\.checks).filter { $0.since <= revision }
        let unknown = Set(rules).subtracting(checks.map(\.rule)).sorted()
        guard unknown.isEmpty else {
            return "no check for MCP \(revision.rawValue) has the rule \(unknown.joined(separator: ", "))"
        }
        for (option, values) in [("--cookie", cookies), ("--parameter", parameters)] {
            guard values.allSatisfy({ $0.split(separator: "=", maxSplits: 1).count == 2 }) else {
                return "\(option) must be NAME=VALUE"
            }
        }
        return nil
    }

    func run() async throws {
        let report: ConformanceReport
        do {
            report = try await examine()
        } catch {
            Console.writeError("gatehouse: \(issuer) could not be examined: \(error)")
            throw ExitCode.failure
        }
        if let junit {
            do {
                try Data(report.junit.utf8).write(to: URL(fileURLWithPath: junit))
            } catch {
                Console.writeError("gatehouse: \(junit) cannot be written")
                throw ExitCode.failure
            }
        }
        if json {
            Console.write(report.json.serializedString())
        } else {
            for line in report.lines { Console.write(line) }
        }
        guard report.count(.failed) == 0 else { throw ExitCode.failure }
    }

    private func examine() async throws -> ConformanceReport {
        var options = ConformanceSubject.Options(issuer: issuer)
        options.loginHint = loginHint
        options.cookies = cookie
        options.resource = resource
        options.scope = scope
        options.parameters = parameter.map { text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts[0], parts[1])
        }
        if let clientID { options.client = try client(clientID) }
        let transport = try CurlClient(logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() })
        let suite = ConformanceSuite(revision: revision, rules: Set(rule))
        let result: Result<ConformanceReport, any Error>
        do {
            let policy = allowRemote ? AddressPolicy.allowPrivate : .loopbackOnly
            result = .success(try await suite.run(options, transport: transport, policy: policy))
        } catch {
            result = .failure(error)
        }
        await transport.shutdown()
        return try result.get()
    }

    private func client(_ id: String) throws -> ConformanceClient {
        guard let clientSecretFile else { return ConformanceClient(id: id, redirectURI: redirectURI) }
        let secret = String(try HostFiles().text(clientSecretFile).filter { !$0.isWhitespace })
        return ConformanceClient(id: id, secret: secret, method: "client_secret_basic", redirectURI: redirectURI)
    }
}

extension MCPRevision: ExpressibleByArgument {}
