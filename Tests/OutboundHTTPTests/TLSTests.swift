import Foundation
import Testing

@testable import OutboundHTTP

/// Servers are who they say they are, or nothing is sent.
@Suite(.timeLimit(.minutes(10)))
struct TLSTests {
    private let resolver = ScriptedResolver(["idp.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]])

    private func configuration(caFile: String?) -> CurlClient.Configuration {
        .init(caFile: caFile, proxy: .none, resolver: resolver)
    }

    private func request(_ server: TLSServer, host: String = "idp.test") -> OutboundRequest {
        OutboundRequest(url: "https://\(host):\(server.port)/", addressPolicy: .loopbackAllowed)
    }

    @Test("A certificate of an unknown authority is refused")
    func selfSigned() async throws {
        let server = try TLSServer(name: "idp.test")
        let error = try await withClient(configuration(caFile: nil)) { try await $0.failure(of: request(server)) }
        #expect(error.code == .tls)
        #expect(error.reason.contains("self-signed certificate"), "\(error)")
    }

    @Test("The configured CA file is trusted with its names alone")
    func configuredAuthority() async throws {
        let server = try TLSServer(name: "idp.test")
        try await withClient(configuration(caFile: server.certificateFile)) { client in
            let response = try await client.send(request(server))
            #expect(response.status == 200)
            let otherName = try await client.failure(of: request(server, host: "other.test"))
            #expect(otherName.code == .tls)
            #expect(otherName.reason.contains("subject name"), "\(otherName)")
            var literal = request(server, host: "127.0.0.1")
            let address = try await client.failure(of: literal)
            #expect(address.code == .tls)
            literal.addressPolicy = .unrestricted
            let unrestricted = try await client.failure(of: literal)
            #expect(unrestricted.code == .tls)
        }
    }

    @Test("The system's file may be another")
    func systemFile() async throws {
        let server = try TLSServer(name: "idp.test")
        var configuration = configuration(caFile: nil)
        configuration.systemCAFile = server.certificateFile
        try await withClient(configuration) { client in
            let response = try await client.send(request(server))
            #expect(response.status == 200)
        }
    }

    @Test("TLS before 1.2 is refused")
    func oldVersion() async throws {
        let server = try TLSServer(name: "idp.test", arguments: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        let error = try await withClient(configuration(caFile: server.certificateFile)) {
            try await $0.failure(of: request(server))
        }
        #expect(error.code == .tls)
    }

    @Test("A server that speaks no TLS is refused before anything is sent")
    func plaintext() async throws {
        let server = try RawServer { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.waitForClose()
        }
        let error = try await withClient {
            try await $0.failure(
                of: OutboundRequest(url: "https://127.0.0.1:\(server.port)/", addressPolicy: .allowPrivate)
            )
        }
        #expect(error.code == .tls)
    }

    @Test(
        "A CA file that cannot be read or holds no certificate stops the start",
        arguments: ["/nonexistent/ca.pem", "/dev/null"]
    )
    func unusableFile(file: String) {
        let error = #expect(throws: OutboundError.self) {
            try CurlClient(configuration: .init(caFile: file), logger: .silent)
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("The configured authorities come in addition to the system's")
    func bothFiles() throws {
        let directory = FileManager.default.temporaryDirectory
        let system = directory.appendingPathComponent("system-\(UUID().uuidString).pem")
        let additional = directory.appendingPathComponent("additional-\(UUID().uuidString).pem")
        // Temporary files; a failure to remove them fails no test.
        defer { for file in [system, additional] { try? FileManager.default.removeItem(at: file) } }
        // No newline at the end: the next certificate must not be glued to it.
        try "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----".write(
            to: system,
            atomically: true,
            encoding: .utf8
        )
        try "-----BEGIN CERTIFICATE-----\nB\n-----END CERTIFICATE-----\n".write(
            to: additional,
            atomically: true,
            encoding: .utf8
        )
        let both = try TrustAnchors(systemFile: system.path, caFile: additional.path)
        let lines = try String(contentsOfFile: try #require(both.path), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 6)
        #expect((lines[1], lines[4]) == ("A", "B"))
        #expect(try TrustAnchors(systemFile: system.path, caFile: nil).path == system.path)
        #expect(throws: OutboundError.self) {
            try TrustAnchors(systemFile: "/nonexistent.pem", caFile: additional.path)
        }
    }

    @Test("SSL_CERT_FILE replaces the distribution's file")
    func environment() {
        #expect(TrustAnchors.systemFile(environment: "/somewhere/ca.pem") == "/somewhere/ca.pem")
        #expect(TrustAnchors.systemFile(environment: "") == TrustAnchors.systemFile(environment: nil))
    }
}
