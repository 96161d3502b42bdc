import AuthorizationServer
import AuthorizationServerTestTraits
import OAuthProtocol
import OAuthState
import Synchronization
import Testing

/// The keys of the servers that tests got, which no two servers share.
private enum SeenServers {
    static let own = Mutex<Set<String>>([])
    static let shared = Mutex<Set<String>>([])

    static func key(of server: TestServer) -> String { server.server.keys.current.active.keyID }
}

@Suite("A Swift Testing trait on a suite gives each test a server of its own", .gatehouse)
struct GatehouseTraitTests {
    @Test("each argument of a test, too", arguments: 1...3)
    func arguments(number: Int) throws {
        let server = try TestServer.current
        let (isNew, _) = SeenServers.own.withLock { $0.insert(SeenServers.key(of: server)) }
        #expect(isNew)
        #expect(server.problems(of: try server.mint()).isEmpty)
    }

    @Test("and one with options of its own")
    func another() async throws {
        let key = SeenServers.key(of: try TestServer.current)
        let (isNew, _) = SeenServers.own.withLock { $0.insert(key) }
        #expect(isNew)
        _ = try await TestServer.current.issueToken()
    }

    @Test(
        "a test's own trait replaces the suite's",
        .gatehouse(TestServer.Options(resource: "https://other.example/mcp"))
    )
    func replaced() throws {
        #expect(try TestServer.current.resourceURI == "https://other.example/mcp")
    }
}

@Suite("A shared one gives all tests of a suite the same", .gatehouse(.init(), shared: true))
struct SharedTraitTests {
    @Test("which is started once", arguments: 1...3)
    func same(number: Int) throws {
        let key = SeenServers.key(of: try TestServer.current)
        let count = SeenServers.shared.withLock { keys in
            keys.insert(key)
            return keys.count
        }
        #expect(count == 1)
    }
}

@Suite("Without the trait")
struct MissingTraitTests {
    @Test("asking for the server says what to write")
    func missing() {
        let error = #expect(throws: NoServerProvided.self) { _ = try TestServer.current }
        #expect(error?.description.contains("@Test(.gatehouse)") == true)
    }
}
