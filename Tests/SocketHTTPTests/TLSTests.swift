import Foundation
import HTTPTypes
import Logging
import SocketHTTP
import Testing

/// Certificates made for one test by the openssl command, in a directory of their own.
final class CertificateFiles {
    struct Failure: Error {
        let output: String
    }

    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try renew(commonName: "first")
    }

    deinit {
        // Leaving a temporary directory behind is no failure.
        try? FileManager.default.removeItem(at: directory)
    }

    var configuration: TLSConfiguration {
        TLSConfiguration(certificateFile: path("cert.pem"), privateKeyFile: path("key.pem"))
    }

    func path(_ name: String) -> String {
        directory.appending(path: name).path
    }

    /// Writes a fresh key and a self-signed certificate with that name.
    func renew(commonName: String) throws {
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(commonName)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path("key.pem"), "-out",
            path("cert.pem"),
        ])
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
    }

    @discardableResult
    func openssl(_ arguments: [String]) throws -> String {
        try run("/usr/bin/openssl", arguments)
    }
}

/// Runs a command without input and gives what it wrote.
@discardableResult
func run(_ executable: String, _ arguments: [String], mustSucceed: Bool = true) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if mustSucceed, process.terminationStatus != 0 { throw CertificateFiles.Failure(output: output) }
    return output
}

@Suite("TLS on the same loops", .timeLimit(.minutes(10)))
struct TLSTests {
    private func curl(
        _ arguments: [String],
        _ address: SocketAddress,
        _ path: String,
        mustSucceed: Bool = true
    ) throws -> String {
        try run(
            "/usr/bin/curl",
            ["-sS", "--noproxy", "*"] + arguments + ["https://\(address)\(path)"],
            mustSucceed: mustSucceed
        )
    }

    @Test("curl, which checks the certificate", arguments: [["--tlsv1.3"], ["--tlsv1.2", "--tls-max", "1.2"]])
    func verified(version: [String]) async throws {
        let files = try CertificateFiles()
        let responder = ClosureResponder { Response(status: .ok, body: Array("\($0.isTLS) \($0.path)".utf8) + $0.body) }
        try await withServer(tls: files.configuration, responder: responder) { server, address in
            let arguments = version + ["--cacert", files.configuration.certificateFile]
            let got = try curl(arguments, address, "/a")
            #expect(got == "true /a")
            let body = String(repeating: "b", count: 60_000)
            try files.write(body, to: "body")
            let posted = try curl(arguments + ["--data-binary", "@\(files.path("body"))"], address, "/p")
            #expect(posted == "true /p\(body)")
            #expect(server.counters.failedHandshakes == 0)
        }
    }

    @Test("a request that comes in one piece with the end of the handshake is answered")
    func coalesced() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { _, address in
            let client = try TLSClient(address)
            try client.handshake(andSend: .get("/a", fields: "Connection: close\r\n"))
            let answer = try client.receiveAll()
            #expect(answer.hasSuffix("GET /a - "))
        }
    }

    @Test(
        "S-12: TLS 1.2 has forward secrecy and authenticated encryption, or there is no session",
        arguments: [
            ("AES128-SHA", false), ("AES256-GCM-SHA384", false), ("ECDHE-RSA-AES128-SHA", false),
            ("ECDHE-RSA-AES256-SHA384", false), ("DHE-RSA-AES128-GCM-SHA256", false),
            ("ECDHE-RSA-AES128-GCM-SHA256", true), ("ECDHE-RSA-CHACHA20-POLY1305", true),
        ]
    )
    func suites(name: String, isAccepted: Bool) async throws {
        let files = try CertificateFiles()
        // Static key exchange needs a certificate with an RSA key.
        try files.openssl([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rsa", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", files.path("key.pem"), "-out", files.path("cert.pem"),
        ])
        try await withServer(tls: files.configuration) { server, address in
            let arguments = ["-k", "--tls-max", "1.2", "--ciphers", name]
            let answer = try curl(arguments, address, "/a", mustSucceed: false)
            #expect(answer.hasPrefix("GET /a") == isAccepted)
            while !isAccepted, server.counters.failedHandshakes == 0 { await Task.yield() }
            #expect(server.counters.failedHandshakes == (isAccepted ? 0 : 1))
        }
    }

    @Test("S-12: no tickets, whose keys would live as long as the certificate", arguments: [true, false])
    func tickets(isOld: Bool) async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { _, address in
            let client = try TLSClient(address, isOld: isOld)
            try client.handshake(andSend: .get("/a", fields: "Connection: close\r\n"))
            #expect(try client.receiveAll().hasSuffix("GET /a - "))
            #expect(!client.hasTicket)
        }
    }

    @Test("S-13: a client that does nothing but ask for new keys is cut off")
    func keyUpdates() async throws {
        let files = try CertificateFiles()
        let patient: (inout ServerConfiguration) -> Void = {
            $0.headerTimeout = .seconds(3600)
            $0.idleTimeout = .seconds(3600)
        }
        try await withServer(tls: files.configuration, configure: patient) { server, address in
            let client = try TLSClient(address)
            try client.handshake(andSend: "")
            #expect(client.isEndedByKeyUpdates(count: 10_000))
            while server.counters.openConnections != 0 { await Task.yield() }
            #expect(server.counters.bytesReceived < 10_000 * 27)
        }
    }

    @Test("S-13: a client may ask for new keys now and then")
    func fewKeyUpdates() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { _, address in
            let client = try TLSClient(address)
            try client.handshake(andSend: .get("/a"))
            try client.updateKeys(count: 20)
            try client.send(.get("/b", fields: "Connection: close\r\n"))
            #expect(try client.receiveAll().hasSuffix("GET /b - "))
        }
    }

    @Test("keep-alive and a response of many records")
    func large() async throws {
        let files = try CertificateFiles()
        let responder = ClosureResponder { _ in Response(status: .ok, body: [UInt8](repeating: 120, count: 3 << 20)) }
        try await withServer(tls: files.configuration, responder: responder) { server, address in
            let url = "https://\(address)/"
            let arguments = ["-w", "%{size_download},", "-k", "-o", "/dev/null", url, "-o", "/dev/null"]
            let downloaded = try curl(arguments, address, "/")
            #expect(downloaded == "3145728,3145728,")
            #expect(server.counters.acceptedConnections == 1)
        }
    }

    @Test("ALPN: http/1.1 is chosen; a client that speaks only something else is refused")
    func protocolNegotiation() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { server, address in
            func connect(_ protocols: String, extra: [String] = []) throws -> String {
                let arguments = ["s_client", "-connect", "\(address)", "-alpn", protocols] + extra
                return try run("/usr/bin/openssl", arguments, mustSucceed: false)
            }
            let chosen = try connect("h2,http/1.1")
            #expect(chosen.contains("ALPN protocol: http/1.1"))
            let refused = try connect("h2,acme-tls/1")
            #expect(refused.contains("no application protocol"))
            #expect(server.counters.failedHandshakes == 1)
        }
    }

    @Test("TLS 1.1 is refused")
    func oldVersion() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { server, address in
            let arguments = ["-k", "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]
            let output = try curl(arguments, address, "/", mustSucceed: false)
            #expect(!output.contains("GET /"))
            #expect(server.counters.requests == 0)
        }
    }

    @Test(
        "plain HTTP on a TLS port gets no HTTP back",
        arguments: [String.get("/"), "\u{16}\u{3}\u{1}", "\0\0\0\0\0\0"]
    )
    func plainHTTP(text: String) async throws {
        let files = try CertificateFiles()
        try await withServer(
            tls: files.configuration,
            configure: { $0.handshakeTimeout = .milliseconds(200) }
        ) { server, address in
            let client = try RawClient(address)
            try client.send(text)
            let answer = try client.receiveAll()
            #expect(!answer.contains("HTTP"))
            while server.counters.openConnections > 0 { await Task.yield() }
            #expect(server.counters.failedHandshakes == 1)
            #expect(server.counters.requests == 0)
        }
    }

    @Test("a handshake that does not begin is ended in its time")
    func handshakeTimeout() async throws {
        let files = try CertificateFiles()
        try await withServer(
            tls: files.configuration,
            configure: { $0.handshakeTimeout = .milliseconds(100) }
        ) { server, address in
            let answer = try RawClient(address).receiveAll()
            #expect(answer == "")
            while server.counters.openConnections > 0 { await Task.yield() }
            #expect(server.counters.failedHandshakes == 1)
        }
    }

    @Test("a reload takes the new certificate; one that cannot be read keeps the old")
    func reload() async throws {
        let files = try CertificateFiles()
        try await withServer(tls: files.configuration) { server, address in
            func subject() throws -> String {
                try run("/usr/bin/openssl", ["s_client", "-connect", "\(address)"], mustSucceed: false)
            }
            let before = try subject()
            #expect(before.contains("CN = first"))
            try files.renew(commonName: "second")
            let unchanged = try subject()
            #expect(unchanged.contains("CN = first"))
            try server.reloadTLS()
            let renewed = try subject()
            #expect(renewed.contains("CN = second"))
            try files.write("no certificate", to: "cert.pem")
            #expect(throws: TLSError.self) { try server.reloadTLS() }
            let kept = try subject()
            #expect(kept.contains("CN = second"))
        }
    }

    @Test("what cannot be used stops the start, with the file's name")
    func unusableFiles() async throws {
        let files = try CertificateFiles()
        let other = try CertificateFiles()
        try files.openssl([
            "ec", "-in", files.path("key.pem"), "-aes128", "-passout", "pass:x", "-out", files.path("locked.pem"),
        ])
        let unusable: [(TLSConfiguration, String)] = [
            (TLSConfiguration(certificateFile: "/nonexistent", privateKeyFile: files.path("key.pem")), "/nonexistent"),
            (TLSConfiguration(certificateFile: files.path("cert.pem"), privateKeyFile: "/nonexistent"), "/nonexistent"),
            (
                TLSConfiguration(certificateFile: files.path("key.pem"), privateKeyFile: files.path("key.pem")),
                "key.pem"
            ),
            (
                TLSConfiguration(certificateFile: files.path("cert.pem"), privateKeyFile: other.path("key.pem")),
                "key.pem"
            ),
            (
                TLSConfiguration(certificateFile: files.path("cert.pem"), privateKeyFile: files.path("locked.pem")),
                "locked.pem"
            ),
        ]
        for (tls, name) in unusable {
            let address = SocketAddress(ip: .loopback, port: 0)
            let server = try HTTPServer(
                configuration: ServerConfiguration(listeners: [.init(address: address, tls: tls)]),
                responder: echo,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let error = await #expect(throws: TLSError.self) { try await server.start() }
            #expect(error?.operation.contains(name) == true)
            await server.shutdown(gracePeriod: .zero)
        }
    }
}
