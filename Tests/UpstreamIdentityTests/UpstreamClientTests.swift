import Logging
import OAuthProtocol
import Synchronization
import Testing

@testable import UpstreamIdentity

@Suite("RFC 7591: our client at a provider that we register at")
struct UpstreamClientTests {
    /// Registrations whose outcomes are scripted; the last one repeats.
    private final class Registrations: Sendable {
        private let state: Mutex<(outcomes: [Result<UpstreamClientRegistration, UpstreamError>], count: Int)>

        init(_ outcomes: [Result<UpstreamClientRegistration, UpstreamError>]) {
            state = Mutex((outcomes, 0))
        }

        var count: Int { state.withLock { $0.count } }

        func next() -> Result<UpstreamClientRegistration, UpstreamError> {
            state.withLock { state in
                state.count += 1
                return state.outcomes.count > 1 ? state.outcomes.removeFirst() : state.outcomes[0]
            }
        }
    }

    private static func registration(_ id: String, expiry: Timestamp? = nil) -> UpstreamClientRegistration {
        UpstreamClientRegistration(
            clientID: id,
            clientSecret: UpstreamClientSecret("s3cret"),
            secretExpiry: expiry,
            authenticationMethod: .clientSecretBasic,
            registrationAccessToken: nil,
            registrationClientURI: nil,
            registeredAt: Timestamp(secondsSinceEpoch: 0)
        )
    }

    private static func clients(
        _ registrations: Registrations,
        _ time: ManualTime,
        known: UpstreamClientRegistration? = nil,
        gate: Gate? = nil
    ) -> UpstreamClients {
        let registration = UpstreamSelfRegistration(known: known) {
            await gate?.wait()
            return registrations.next()
        }
        return UpstreamClients(configured: nil, registration: registration, timeSource: time)
    }

    @Test("what is known is used, and nothing is registered")
    func known() async throws {
        let registrations = Registrations([.success(Self.registration("new"))])
        let clients = Self.clients(registrations, ManualTime(), known: Self.registration("kept"))
        #expect(try await clients.current().id == "kept" && clients.known?.id == "kept")
        #expect(registrations.count == 0)
    }

    @Test("a hundred concurrent callers share one registration")
    func singleFlight() async throws {
        let registrations = Registrations([.success(Self.registration("new"))])
        let gate = Gate()
        let clients = Self.clients(registrations, ManualTime(), gate: gate)
        #expect(clients.known == nil)
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { try await clients.current().id } }
            gate.open()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids == ["new"] && registrations.count == 1)
    }

    @Test("a failure is repeated for half a minute, or for as long as the provider asked, and then tried again")
    func failures() async throws {
        let time = ManualTime()
        let registrations = Registrations([
            .failure(.temporary("down")), .failure(.temporary("busy", retryAfter: .seconds(120))),
            .success(Self.registration("new")),
        ])
        let clients = Self.clients(registrations, time)
        for (advance, reason, count) in [(0, "down", 1), (29, "down", 1), (1, "busy", 2), (119, "busy", 2)] {
            time.advance(by: .seconds(advance))
            let error = try await error { try await clients.current() }
            #expect(error.reason == reason && registrations.count == count)
        }
        time.advance(by: .seconds(1))
        #expect(try await clients.current().id == "new")
        #expect(try await clients.current().id == "new" && registrations.count == 3)
    }

    @Test("a minute before its secret expires a registration is replaced; if that fails, the old one is not used")
    func expiry() async throws {
        let time = ManualTime()
        let expiry = time.now() + .seconds(3600)
        let registrations = Registrations([.failure(.temporary("down")), .success(Self.registration("new"))])
        let clients = Self.clients(registrations, time, known: Self.registration("old", expiry: expiry))
        time.advance(by: .seconds(3539))
        #expect(try await clients.current().id == "old")
        time.advance(by: .seconds(1))
        #expect(try await error { try await clients.current() }.reason == "down")
        time.advance(by: .seconds(30))
        #expect(try await clients.current().id == "new")
    }

    @Test("a provider is either registered at or configured: neither and both stop the start")
    func contradiction() async throws {
        let provider = try ScriptedProvider()
        for (clientID, registers) in [("c", true), (nil, false)] as [(String?, Bool)] {
            let registration = UpstreamSelfRegistration(known: nil) { .failure(.temporary("never asked")) }
            let error = try await error {
                try UpstreamProvider(
                    configuration: try ScriptedProvider.configuration {
                        $0.clientID = clientID
                        $0.clientSecret = clientID == nil ? nil : $0.clientSecret
                        $0.clientAuthentication = .automatic
                    },
                    registration: registers ? registration : nil,
                    transport: provider.transport,
                    timeSource: provider.time,
                    random: CountingRandom(),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            }
            #expect(error.code == .misconfigured)
        }
    }

    @Test("a refresh token is sent only as the client that it was issued to")
    func refreshAsClient() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at"]))
        let client = try provider.client()
        _ = try await client.refresh(refreshToken: "rt", as: try await client.client())
        let request = try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).first)
        #expect(request.field("Authorization")?.hasPrefix("Basic ") == true)
        #expect(client.clientID == ScriptedProvider.clientID)
    }
}
