import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing

/// RFC 8936 and RFC 8935: receivers that were away go on after a crash of the server.
@Suite("Shared Signals: receivers resume after a crash")
struct EventResumeTests {
    /// A server that starts again and again at one address, each time with the disk that a crash left.
    private struct Lives {
        let clock = ManualClock()
        let reservation: PortReservation
        private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        init() throws {
            reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        }

        func life(
            on disk: ScriptedFileSystem,
            pushingTo receiver: PushReceiver = PushReceiver(),
            _ body: (EventScene) async throws -> Void
        ) async throws {
            try await TestServer.run(
                clock: clock,
                configure: { configuration in
                    configuration.issuer = try Issuer("http://\(reservation.address)")
                    configuration.listen = [.init(address: reservation.address)]
                    configuration.sharedSignals.isEnabled = true
                    configuration.defaultResource = TestServer.resource
                },
                environment: { environment in
                    environment.reservations = [reservation]
                    environment.documentTransport = receiver
                    environment.maintainsOnTimer = false
                    environment.storage = try DurableStore.open(
                        directory: "data",
                        key: .configured(try StorageKey(bytes: Array(1...32))),
                        fileSystem: disk,
                        logger: Self.logger
                    )
                }
            ) { server in
                let client = try await OAuthTestClient.registered(at: server)
                try await body(EventScene(server: server, client: client))
            }
        }
    }

    @Test("a receiver that polls loses nothing, and nothing comes under another name", arguments: [UInt64(1), 2, 3])
    func polls(seed: UInt64) async throws {
        let lives = try Lives()
        let first = ScriptedFileSystem()
        var (stream, sessions, identifiers) = ("", [String](), [String]())
        var second = first
        try await lives.life(on: first) { scene in
            stream = try await scene.stream()
            sessions.append(try await scene.endedSession())
            identifiers = try scene.events(try await scene.poll(stream)).map(\.id)
            // It ends between the two polls; the power goes before the receiver has acknowledged anything.
            sessions.append(try await scene.endedSession())
            second = first.image(.powerLost(seed: seed))
        }
        var third = second
        try await lives.life(on: second) { [stream, sessions, identifiers] scene in
            let events = try scene.events(try await scene.poll(stream))
            #expect(events.map { scene.session(of: $0.claims) } == sessions)
            #expect(events.first?.id == identifiers.first)
            let known: JSONObject = ["ack": .strings(events.prefix(1).map(\.id))]
            let rest = try scene.events(try await scene.poll(stream, known))
            #expect(rest.map(\.id) == events.dropFirst().map(\.id))
            third = second.image(.powerLost(seed: seed))
        }
        try await lives.life(on: third) { [stream, sessions] scene in
            let left = try await scene.endedSessions(stream)
            #expect(left == [sessions[1]])
        }
    }

    @Test(
        "a receiver that is pushed to gets what it has not taken, and nothing that it has",
        arguments: [UInt64(1), 2]
    )
    func pushes(seed: UInt64) async throws {
        let lives = try Lives()
        let receiver = PushReceiver()
        let first = ScriptedFileSystem()
        var sessions: [String] = []
        var second = first
        try await lives.life(on: first, pushingTo: receiver) { scene in
            _ = try await scene.pushedStream()
            sessions.append(try await scene.endedSession())
            await scene.push()
            receiver.answer(.success(.init(status: 503)))
            sessions.append(try await scene.endedSession())
            await scene.push()
            second = first.image(.powerLost(seed: seed))
        }
        let before = receiver.requests.count
        #expect(before == 2)
        receiver.answer(.success(.init(status: 202)))
        try await lives.life(on: second, pushingTo: receiver) { [sessions] scene in
            await scene.push()
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == [sessions[0], sessions[1], sessions[1]])
            let last = try #require(receiver.requests.last)
            // What is sent along is opened with the secret of the storage.
            #expect(last.headerFields.contains { $0.value == "Bearer of-the-receiver" })
        }
    }
}
