import Foundation
import SocketHTTP
import Testing

@Suite("The time of a TLS handshake", .timeLimit(.minutes(10)))
struct HandshakeDeadlineTests {
    @Test("Info: it holds as well for a client that does not read the server's flight")
    func unreadFlight() async throws {
        let files = try CertificateFiles()
        let certificate = try String(contentsOfFile: files.path("cert.pem"), encoding: .utf8)
        // More than the sockets' buffers take.
        try files.write(String(repeating: certificate, count: 20_000), to: "cert.pem")
        func configure(_ configuration: inout ServerConfiguration) {
            configuration.handshakeTimeout = .milliseconds(300)
            configuration.writeTimeout = .seconds(3600)
        }
        try await withServer(tls: files.configuration, configure: configure) { server, address in
            let client = try TLSClient(address, receiveBufferBytes: 4096)
            try client.sayHello()
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            while server.counters.failedHandshakes == 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(server.counters.failedHandshakes == 1)
            withExtendedLifetime(client) {}
        }
    }
}
