import AuthorizationServerTesting
import DurableLog
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import Testing

@testable import AuthorizationServer

@Suite("The flow of a login says what is next, and answers nothing itself")
struct LoginStepTests {
    private let vault = TokenVault(journal: VolatileJournal())
    private let sessions = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
    private let blocks = BlockList(journal: VolatileJournal())
    private let flow: LoginFlow

    /// A flow without providers.
    init() throws {
        let random = SystemRandomSource()
        let secret = [UInt8](repeating: 1, count: 32)
        let issuer = try Issuer("https://auth.example.com")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let audit = AuditTrail(sink: UnboundedAuditSink { _ in })
        let metrics = ServerMetrics(factory: PrometheusRegistry())
        let cookies = BrowserCookies(issuer: issuer)
        let pages = PageRenderer(issuer: issuer, random: random)
        let logins = BrowserLogins(
            sealing: try BrowserLoginSealing(secret: secret, random: random),
            cookies: cookies,
            users: vault
        )
        let upstreams = UpstreamDirectory([])
        flow = LoginFlow(
            legs: ProviderLegs(
                upstreams: upstreams,
                keeper: ConnectionKeeper(
                    vault: vault,
                    upstreams: upstreams,
                    sealing: try TokenSealing(secret: secret, random: random),
                    random: random
                ),
                accounts: AccountAdmission(
                    connections: vault,
                    sessions: sessions,
                    upstreams: upstreams,
                    sealing: try TokenSealing(secret: secret, random: random),
                    rules: AccessRules()
                ),
                claimMappings: [:],
                failures: LegFailures(logger: logger, audit: audit),
                blocks: blocks
            ),
            pending: PendingLegs(
                sessions: sessions,
                sealing: try PageSealing(secret: secret, random: random),
                cookies: cookies,
                random: random
            ),
            vault: vault,
            consent: ConsentPolicy(
                mode: .always,
                sessions: sessions,
                logins: logins,
                resources: ResourceCatalogue([]),
                upstreams: upstreams
            ),
            browser: BrowserGround(
                issuer: issuer,
                cookies: cookies,
                pages: pages,
                logins: logins,
                limit: AuthorizationLimit(limiter: SourceLimiter(rates: [:]), metrics: metrics, pages: pages),
                random: random
            ),
            instruments: Instruments(metrics: metrics, audit: audit, logger: logger)
        )
    }

    private static let request = Request(method: .get, path: "/oauth/authorize")
    private static let context = RequestContext(
        source: .loopback,
        now: StoreSample.now,
        requestID: RequestID(number: 1)
    )

    private static func login(of userID: UserID? = nil, visiting upstreams: [String] = []) -> Login {
        Login(
            request: StoreSample.request(),
            sessionID: SessionID(value: Bits128(5)),
            remainingUpstreams: upstreams,
            userID: userID
        )
    }

    private func code(of step: LoginStep) -> OAuthError.Code? {
        guard case .refuse(let error, StoreSample.request()) = step else { return nil }
        return error.code
    }

    @Test("a login whose user is known ends without a provider: its client gets the code")
    func withoutLeg() async {
        let login = Self.login(of: StoreSample.user(1))
        guard case .answer(let answered) = await flow.advance(login, Self.request, Self.context) else {
            Issue.record("the client gets no code")
            return
        }
        #expect(answered == login)
    }

    @Test("a provider that is no longer configured is passed over")
    func removedProvider() async {
        let login = Self.login(of: StoreSample.user(1), visiting: ["gone"])
        guard case .answer(let answered) = await flow.advance(login, Self.request, Self.context) else {
            Issue.record("the client gets no code")
            return
        }
        #expect(answered == Self.login(of: StoreSample.user(1)))
    }

    @Test("a login that no provider can give a user is refused, with the last failure if there was one")
    func noUser() async {
        let none = await flow.advance(Self.login(), Self.request, Self.context)
        #expect(code(of: none) == .serverError)
        let failed = OAuthError(.accessDenied, "the provider said no")
        let after = await flow.advance(Self.login(), after: failed, Self.request, Self.context)
        #expect(code(of: after) == .accessDenied)
    }

    @Test("a blocked user gets no code")
    func blockedUser() async throws {
        let userID = StoreSample.user(1)
        _ = try await blocks.block(.user(userID), now: StoreSample.now).outcome
        let step = await flow.advance(Self.login(of: userID), Self.request, Self.context)
        #expect(code(of: step) == .accessDenied)
    }

    @Test("a request is asked for consent first; with prompt=none it is refused instead")
    func consent() async throws {
        let resource = ProtectedResource(
            uri: StoreSample.resource,
            scopes: ScopeSet(["mcp:read"]),
            upstreams: [],
            clientID: nil
        )
        let client = StoreSample.client()
        let question = ConsentQuestion(request: StoreSample.request(), client: client, resource: resource)
        guard case .askConsent(let asked) = try await flow.start(question, Self.request, Self.context) else {
            Issue.record("no consent is asked for")
            return
        }
        #expect(asked.request == question.request)
        #expect(await sessions.counts.pending == 0)
        var silent = StoreSample.request()
        silent.prompts = ["none"]
        let unasked = ConsentQuestion(request: silent, client: client, resource: resource)
        await #expect(throws: OAuthError(.consentRequired, "the user must give consent")) {
            _ = try await flow.start(unasked, Self.request, Self.context)
        }
    }
}
