import Foundation
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The folders clients.d and resources.d")
struct ConfigurationFragmentTests {
    private static let main = """
        issuer: http://127.0.0.1:8080
        scopes: ["mcp:read"]
        clients:
          - {client_id: first, redirect_uris: ["http://127.0.0.1/callback"]}
        """

    /// Writes files into a folder of its own and loads its configuration.
    private func load(_ files: [String: String]) throws -> Configuration {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fragments-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files.merging(["gatehouse.yaml": Self.main], uniquingKeysWith: { written, _ in written }) {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        return try ConfigurationLoader(environment: [:]).load(path: folder.appending(path: "gatehouse.yaml").path())
    }

    @Test("add one element or several to the lists, in the order of the files' names")
    func added() throws {
        let configuration = try load([
            "clients.d/20-more.yaml": """
            - {client_id: third, redirect_uris: ["http://127.0.0.1/callback"]}
            - {client_id: fourth, redirect_uris: ["http://127.0.0.1/callback"]}
            """,
            "clients.d/10-one.yaml": #"{client_id: second, redirect_uris: ["http://127.0.0.1/callback"]}"#,
            "resources.d/notes.yaml": #"{uri: "https://notes.example.com/mcp", scopes: ["mcp:read"]}"#,
            "clients.d/README": "not read", "clients.d/.hidden.yaml": "not: read", "clients.d/empty.yaml": "# nothing",
        ])
        #expect(configuration.clients.map(\.clientID) == ["first", "second", "third", "fourth"])
        #expect(configuration.resources.map(\.uri) == ["https://notes.example.com/mcp"])
    }

    @Test("what is wrong in one is reported with its file and line")
    func wrong() throws {
        do {
            _ = try load(["clients.d/bad.yaml": "client_id: second\nredirect_urls: []\n"])
            Issue.record("the file was accepted")
        } catch let errors as ConfigurationErrors {
            #expect(errors.errors.contains { $0.description.contains("clients.d/bad.yaml, line 2") })
        }
    }

    @Test("two files with one client are refused")
    func repeated() {
        #expect(throws: ConfigurationErrors.self) {
            try load(["clients.d/a.yaml": #"{client_id: first, redirect_uris: ["http://127.0.0.1/callback"]}"#])
        }
    }
}
