import Foundation
import GatehouseHosting
import Logging
import OutboundHTTP
import ServiceLifecycle
import Testing

@Suite("The server as a service of another program")
struct EmbeddedServiceTests {
    private static let logger = Logger(label: "embedded") { _ in SwiftLogNoOpLogHandler() }

    private static func request(_ url: String) -> OutboundRequest {
        OutboundRequest(
            url: url,
            limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
            addressPolicy: .loopbackOnly
        )
    }

    private static func text(storage folder: URL) -> String {
        """
        issuer: https://auth.example.com
        listen: [{address: "127.0.0.1:0"}]
        management: {address: "127.0.0.1:0"}
        storage: {directory: \(folder.path())}
        """
    }

    @Test("It serves until the group shuts down, and starts again from the storage that it left")
    func life() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-embedded-\(UUID().uuidString)")
        // A leftover in the temporary directory does no harm.
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = try GatehouseConfiguration(yaml: Self.text(storage: folder), environment: [:])
        #expect(configuration.issuer == "https://auth.example.com")
        #expect(configuration.warnings.contains { $0.hasPrefix("trusted_proxies: ") })
        var keys: [Set<String>] = []
        for _ in 0..<2 {
            try await Self.serving(configuration) { (addresses, client) async throws in
                let management = try #require(addresses.management)
                let ready = try await client.send(Self.request("http://\(management)/health/ready"))
                #expect(ready.status == 200)
                let listener = try #require(addresses.listeners.first)
                let answer = try await client.send(Self.request("http://\(listener)/.well-known/jwks.json"))
                #expect(answer.status == 200)
                let text = String(decoding: answer.body, as: UTF8.self)
                keys.append(Set(text.matches(of: /"kid":"([^"]+)"/).map { String($0.1) }))
            }
        }
        // The next key may have been published since.
        #expect(keys.count == 2 && keys[0].isSubset(of: keys[1]) && !keys[0].isEmpty)
    }

    @Test("Cancellation ends it in order, too")
    func cancellation() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-embedded-\(UUID().uuidString)")
        // As above.
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = try GatehouseConfiguration(yaml: Self.text(storage: folder), environment: [:])
        let (stream, readiness) = AsyncStream.makeStream(of: GatehouseService.Addresses.self)
        let service = GatehouseService(configuration: configuration, logger: Self.logger) { readiness.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { readiness.finish() }
                try await service.run()
            }
            var addresses = stream.makeAsyncIterator()
            let found = await addresses.next()
            #expect(found?.listeners.count == 1)
            group.cancelAll()
            try await group.waitForAll()
        }
        // The storage was closed and unlocked.
        try await Self.serving(configuration) { (addresses, _) async throws in #expect(addresses.management != nil) }
    }

    @Test("A start that fails throws what is wrong")
    func failure() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-embedded-\(UUID().uuidString)")
        try Data("a file".utf8).write(to: file)
        // As above.
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = try GatehouseConfiguration(yaml: Self.text(storage: file), environment: [:])
        let error = await #expect(throws: GatehouseStartError.self) { () async throws in
            try await GatehouseService(configuration: configuration, logger: Self.logger).run()
        }
        #expect(error?.description.contains("storage.directory") == true, "\(error?.description ?? "")")
    }

    @Test("A configuration that cannot be served is refused with every problem, by its key")
    func refusal() {
        let error = #expect(throws: GatehouseConfigurationError.self) {
            _ = try GatehouseConfiguration(yaml: "issuer: nowhere\nlisten: 5\n", environment: [:])
        }
        #expect(error?.problems.contains { $0.hasPrefix("issuer: ") } == true)
        #expect(error?.problems.contains { $0.hasPrefix("listen: ") } == true)
        #expect(error?.description.split(separator: "\n").count == error?.problems.count)
        #expect(throws: GatehouseConfigurationError.self) {
            _ = try GatehouseConfiguration(file: "/nowhere/gatehouse.yaml", environment: [:])
        }
        #expect(throws: GatehouseConfigurationError.self) {
            _ = try GatehouseConfiguration(yaml: "issuer: https://a.example", environment: ["GATEHOUSE_X": "1"])
        }
    }

    /// Runs the service in a group of its own around a body, with a client of the loopback interface.
    private static func serving(
        _ configuration: GatehouseConfiguration,
        _ body: (GatehouseService.Addresses, CurlClient) async throws -> Void
    ) async throws {
        let (stream, readiness) = AsyncStream.makeStream(of: GatehouseService.Addresses.self)
        let service = GatehouseService(configuration: configuration, logger: logger) { readiness.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
        let client = try CurlClient(logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // A start that fails ends the wait below.
                defer { readiness.finish() }
                try await group.run()
            }
            var iterator = stream.makeAsyncIterator()
            if let addresses = await iterator.next() {
                try await body(addresses, client)
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
        await client.shutdown()
    }
}
