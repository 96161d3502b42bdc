import AuthorizationServerTesting
import DurableLog
import Foundation
import Logging
import OAuthProtocol

/// What an operator does with the program, and what someone does who has the disk and its key.
extension StorageDeployment {
    /// The URL of the management listener, which the program's first line names.
    func management(of server: GatehouseProcess) async throws -> String {
        let line = try await server.ready()
        guard let address = line.firstMatch(of: /management on ([0-9.:]+)/)?.1 else {
            throw Violation("no management listener in \(line)")
        }
        return "http://\(address)"
    }

    /// Runs an operator's command against a running server.
    func administer(_ server: GatehouseProcess, _ arguments: [String]) async throws -> GatehouseProcess.Outcome {
        let place = [
            "--url", try await management(of: server), "--token-file", folder.appending(path: "admin-token").path(),
        ]
        return try await GatehouseProcess.run(arguments + place)
    }

    /// Asks the management listener, as the administrator.
    func ask(
        _ server: GatehouseProcess,
        _ method: String,
        _ path: String,
        body: JSONObject? = nil
    ) async throws -> OAuthTestClient.Answer {
        var fields: [(name: String, value: String)] = [("authorization", "Bearer \(adminToken)")]
        if body != nil { fields.append(("content-type", "application/json")) }
        return try await client.send(
            method,
            try await management(of: server) + path,
            headerFields: fields,
            body: body?.serialized() ?? []
        )
    }

    /// Opens the storage directory, which no server may use then, and releases it.
    func opened<Value>(_ body: (DurableStore) async throws -> Value) async throws -> Value {
        let store = try DurableStore.open(
            directory: directory.path(),
            key: .configured(try StorageKey(contents: Array(try Data(contentsOf: keyFile)))),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let result: Value
        do {
            result = try await body(store)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        return result
    }
}
