import AuthorizationServer
import DurableLog
import Foundation
import Logging
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("S-18: a directory of which only the audit trail is left is not a first start")
struct EmptiedDirectoryTests {
    private static func inDirectory(_ body: (String) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "emptied-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        // A leftover does no harm.
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path())
    }

    private static func host(_ directory: String, acceptedLosses: Set<String> = []) throws -> ServerHost {
        let text = "issuer: http://127.0.0.1:8080\nstorage: {directory: '\(directory)'}\n"
        return try ServerHost(try decode(text), logLevel: .critical, acceptedLosses: acceptedLosses)
    }

    private static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test(
        "every file of the trail counts: the present one is empty after a rotation",
        arguments: [
            "audit.log", "audit-20261130T080000.000Z.log", "audit.log.1", "audit.log.2.gz", "audit.log-20261130",
            "audit.log-20261130.xz",
        ]
    )
    func evidence(name: String) async throws {
        try await Self.inDirectory { directory in
            try Self.write("{}\n", directory + "/" + name)
            let host = try Self.host(directory)
            #expect(throws: StorageError.emptied(directory: directory, evidence: name)) {
                _ = try host.environment()
            }
            await host.close()
            let accepting = try Self.host(directory, acceptedLosses: [name])
            let store = try #require(try accepting.environment().storage)
            #expect(store.recovery.isNew)
            try await store.close()
            await accepting.close()
        }
    }

    @Test(
        "neither an empty file of the trail nor another program's file is evidence",
        arguments: [
            ("audit.log", ""), ("audit-20261130T080000.000Z.log", ""), ("audit.log.1", ""), ("audit.log.notes", "{}"),
            ("audit-notes.log", "{}"), ("my-audit.log.1", "{}"),
        ]
    )
    func noEvidence(name: String, text: String) async throws {
        try await Self.inDirectory { directory in
            try Self.write(text, directory + "/" + name)
            let host = try Self.host(directory)
            let store = try #require(try host.environment().storage)
            #expect(store.recovery.isNew)
            try await store.close()
            await host.close()
        }
    }
}
