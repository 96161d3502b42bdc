import AuthorizationServerTesting
import DurableLog
import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import Testing

@testable import AuthorizationServer

@Suite("CO-3: a leg waits in one place and for one browser, and is taken once")
struct PendingLegsTests {
    private let sessions = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
    private let legs: PendingLegs
    private let state = StoreSample.digest("state")

    init() throws {
        let random = SystemRandomSource()
        legs = PendingLegs(
            sessions: sessions,
            sealing: try PageSealing(secret: [UInt8](repeating: 1, count: 32), random: random),
            cookies: BrowserCookies(issuer: try Issuer("https://auth.example.com")),
            random: random
        )
    }

    private static func context(after delay: Duration = .zero) -> RequestContext {
        RequestContext(source: .loopback, now: StoreSample.now + delay, requestID: RequestID(number: 1))
    }

    private static func leg(at upstream: String) -> LoginLeg {
        LoginLeg(upstream: upstream, verifier: CodeVerifier(random: SystemRandomSource()), nonce: "nonce")
    }

    /// A request of a browser that has kept what these cookies set.
    private static func request(with cookies: [String] = []) -> Request {
        let pairs = cookies.filter { !$0.contains("Max-Age=0") }.map { $0.prefix { $0 != ";" } }
        return Request(
            method: .get,
            path: "/oauth/callback/github",
            fields: pairs.isEmpty ? [:] : [.cookie: pairs.joined(separator: "; ")]
        )
    }

    private func keep(_ leg: LoginLeg, for purpose: LoginPurpose) async throws -> Request {
        let cookies = try await legs.keep(leg, for: purpose, state: state, Self.request(), Self.context())
        return Self.request(with: cookies)
    }

    private static let login = Login(
        request: StoreSample.request(),
        sessionID: SessionID(value: Bits128(5)),
        remainingUpstreams: ["corp"]
    )

    @Test("a client's login is taken from the store with all that it had, by its browser alone")
    func client() async throws {
        let leg = Self.leg(at: "github")
        let request = try await keep(leg, for: .client(Self.login))
        #expect(legs.pageLogin(request, state: state) == nil)
        let stranger = try await legs.take(state: state, upstream: "github", Self.request(), Self.context())
        #expect(stranger == .wrongBrowser)
        let elsewhere = try await legs.take(state: state, upstream: "corp", request, Self.context())
        #expect(elsewhere == .wrongUpstream)
        let outcome = try await legs.take(state: state, upstream: "github", request, Self.context())
        guard case .taken(let taken) = outcome else {
            Issue.record("taking a login came to \(outcome)")
            return
        }
        var expected = Self.login
        expected.source = Self.context().network
        #expect(taken.login == expected)
        #expect(taken.leg == .atProvider(leg))
        let replayed = try await legs.take(state: state, upstream: "github", request, Self.context())
        #expect(replayed == .unknown)
    }

    @Test("a client's login that has ended in the meantime is not kept again")
    func endedClient() async throws {
        let request = try await keep(Self.leg(at: "github"), for: .client(Self.login))
        _ = try await legs.take(state: state, upstream: "github", request, Self.context())
        _ = try await sessions.end(SessionEnding(sessions: [Self.login.sessionID])).outcome
        await #expect(throws: OAuthError.self) {
            _ = try await keep(Self.leg(at: "corp"), for: .client(Self.login))
        }
    }

    @Test("a login of our own pages is nowhere but in its browser, and is used once")
    func page() async throws {
        let leg = Self.leg(at: "github")
        let request = try await keep(leg, for: .page(.connectionsPage))
        #expect(await sessions.counts.pending == 0)
        #expect(legs.pageLogin(Self.request(), state: state) == nil)
        #expect(legs.pageLogin(request, state: StoreSample.digest("another")) == nil)
        let login = try #require(legs.pageLogin(request, state: state))
        #expect(login.leg == leg)
        #expect(await refusal(of: login, at: "corp") == 400)
        #expect(await refusal(of: login, at: "github", after: .seconds(600)) == 400)
        #expect(await refusal(of: login, at: "github", after: .seconds(599)) == nil)
        #expect(await refusal(of: login, at: "github", after: .seconds(599)) == 400)
    }

    private func refusal(of login: PageLogin, at upstream: String, after delay: Duration = .zero) async -> Int? {
        do throws(PendingLegs.Refusal) {
            try await legs.use(login, at: upstream, Self.context(after: delay))
            return nil
        } catch {
            switch error {
            case .page(_, let status): return status.code
            }
        }
    }

    @Test("P-18: the browser keeps a leg that was taken for as long as its answer can be repeated")
    func keptCookies() async throws {
        for purpose in [LoginPurpose.client(Self.login), .page(.connectionsPage)] {
            let request = try await keep(Self.leg(at: "github"), for: purpose)
            let kept = legs.keepingCookies(request, state: state, of: purpose)
            #expect(kept.count == 1 && kept.allSatisfy { $0.contains("Max-Age=30") })
            #expect(legs.keepingCookies(Self.request(), state: state, of: purpose).isEmpty)
        }
    }
}
