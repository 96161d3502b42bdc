import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

@testable import ServerCommand

/// A server in this process whose audit trail a history is written into.
struct ExplainScene: Sendable {
    let server: TestServer
    /// A public client that registered itself.
    let client: OAuthTestClient
    let journal: ScriptedJournal
    private let next: Configurations

    /// What a reload reads.
    private final class Configurations: Sendable {
        private let content = Mutex<Configuration?>(nil)

        struct Unset: Error {}

        func put(_ configuration: Configuration) { content.withLock { $0 = configuration } }

        func read() throws -> Configuration {
            guard let configuration = content.withLock(\.self) else { throw Unset() }
            return configuration
        }
    }

    static func run(
        configure: (inout Configuration) throws -> Void,
        _ body: (ExplainScene) async throws -> Void
    ) async throws {
        let (journal, next) = (ScriptedJournal(), Configurations())
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["groups": ["staff"]]
        try await TestServer.run(
            provider: .init(users: [ada]),
            configure: { configuration in
                // Access tokens outlive the provider's, so that a retrieval has to refresh.
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                try configure(&configuration)
            },
            environment: { environment in
                environment.journal = journal
                // A turn between two steps would remove what has expired.
                environment.maintainsOnTimer = false
                environment.readConfiguration = next.read
            },
            { server in
                let client = try await OAuthTestClient.registered(at: server)
                try await body(ExplainScene(server: server, client: client, journal: journal, next: next))
            }
        )
    }

    // MARK: - Steps of histories

    func browser() -> TestBrowser { TestBrowser(transport: server.transport) }

    /// A login of `ada`.
    func logIn() async throws -> Login { try Login(try await client.tokens(at: server)) }

    /// Has the provider forget what `ada` granted, and a retrieval find it out.
    func endGrant(_ login: Login) async throws {
        await server.provider.revokeGrants(of: "ada")
        server.clock.advance(by: .seconds(2 * 3600))
        _ = try await client.exchange(login.accessToken)
    }

    /// Asks as the administrator `eve`.
    @discardableResult
    func ask(
        _ method: String,
        _ path: String,
        _ form: [(String, String)]? = nil,
        token: String? = nil
    ) async throws -> OAuthTestClient.Answer {
        var fields = [
            (name: "authorization", value: "Bearer " + (token ?? server.adminToken)),
            (name: "x-gatehouse-operator", value: "eve"),
        ]
        if form != nil { fields.append((name: "content-type", value: "application/x-www-form-urlencoded")) }
        return try await client.send(
            method,
            server.managementURL + path,
            headerFields: fields,
            body: form.map { Array(FormParameters.serialize($0).utf8) } ?? []
        )
    }

    /// Takes a changed configuration.
    func reload(_ change: (inout Configuration) -> Void) async throws {
        var configuration = server.server.configuration
        change(&configuration)
        next.put(configuration)
        let refusal = await server.server.reload().refusal
        try #require(refusal == nil)
    }

    /// The consent page of a new request, and its ticket.
    func ticket(in browser: TestBrowser) async throws -> String {
        try #require(try await browser.get(client.authorizationURL()).hiddenFields["ticket"])
    }

    /// Answers a consent page.
    @discardableResult
    func answer(
        _ ticket: String,
        _ decision: String = "approve",
        in browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        try await browser.post(server.issuer + "/oauth/consent", form: [("ticket", ticket), ("decision", decision)])
    }

    /// The request that the latest event of a kind names: the reference of an error page.
    func reference(of event: String) throws -> String {
        let entry = try #require(trail.last { $0.event == event }, "no \(event)")
        return entry["request_id"]
    }

    /// The audit trail so far.
    var trail: [AuditEntry] { server.auditLog.all.compactMap { AuditEntry(Array($0.utf8)[...]) } }

    /// What a login brought to its client.
    struct Login: Sendable {
        let accessToken: String
        let refreshToken: String
        let tsid: String
        let sub: String
        let keyID: String

        init(_ answer: OAuthTestClient.Answer) throws {
            accessToken = try #require(answer["access_token"], "\(answer.status) \(answer.body)")
            refreshToken = try #require(answer["refresh_token"])
            let token = try CompactJWS(parsing: accessToken)
            let claims = try JSONParser.parseObject(token.payload)
            tsid = try #require(claims["tsid"]?.stringValue)
            sub = try #require(claims["sub"]?.stringValue)
            keyID = try #require(token.header.keyID)
        }
    }
}
