import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Foundation
import OAuthProtocol
import OAuthState
import ServerConfiguration

/// Servers in this process, one after another on one storage directory, with the test's clock.
struct StoredServer {
    let directory: URL
    let clock = ManualClock()
    var fileSystem: any FileSystem = POSIXFileSystem()
    /// How many bytes of memory records may occupy that wait for the disk.
    var unsynchronizedByteCountMax = 64 << 20

    /// A directory that is removed afterwards.
    static func run(_ body: (StoredServer) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }  // a leftover does no harm
        try await body(StoredServer(directory: directory))
    }

    /// One life of a server, from recovery to shutdown.
    func life(
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            clock: clock,
            configure: configure,
            environment: { environment in
                environment.storage = try DurableStore.open(
                    directory: directory.path(),
                    key: .besideData,
                    fileSystem: fileSystem,
                    options: StorageOptions(
                        journal: JournalOptions(
                            segmentByteCount: 1 << 20,
                            unsynchronizedByteCountMax: unsynchronizedByteCountMax,
                            retryDelay: .milliseconds(2),
                            retryDelayMax: .milliseconds(10)
                        )
                    ),
                    logger: environment.logger
                )
                try prepare(&environment)
            },
            body
        )
    }
}

extension TestServer {
    /// The ids of the published keys that sign access tokens, sorted; the RS256 key for ID tokens comes when it is
    /// made.
    func publishedKeyIDs() async throws -> [String] {
        let client = OAuthTestClient(issuer: issuer, transport: transport, resource: nil)
        let answer = try await client.send("GET", KeySetEndpoint.path)
        let idTokenKeyIDs = Set(
            await server.stores.keys.generation().signingKeys.filter { $0.purpose == .idToken }.map(\.key.keyID)
        )
        return (answer.json["keys"]?.arrayValue ?? []).compactMap { key in
            guard case .object(let object) = key, let id = object["kid"]?.stringValue, !idTokenKeyIDs.contains(id)
            else { return nil }
            return id
        }.sorted()
    }

    /// The id of the key that signs now, as a new token's header has it.
    func signingKeyID() async throws -> String {
        let token = try await OAuthTestClient.registered(at: self).tokens(at: self)["access_token"] ?? ""
        let header = Base64URL.decode(String(token.prefix { $0 != "." })) ?? []
        return try JSONParser.parseObject(header)["kid"]?.stringValue ?? ""
    }

    /// Sends an administrator's request to the management listener.
    func administer(_ method: String, _ path: String) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: issuer, transport: transport, resource: nil)
        return try await client.send(
            method,
            managementURL + path,
            headerFields: [("authorization", "Bearer admin-token-for-tests")]
        )
    }
}
