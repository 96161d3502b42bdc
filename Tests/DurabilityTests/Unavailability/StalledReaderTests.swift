import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import SocketHTTP
import Testing

extension DurabilityTests {
    @Suite("A log whose reader has stalled")
    struct StalledReaderTests {
        @Test("stops no request, no probe and no SIGTERM, and is missing in the metrics", .timeLimit(.minutes(2)))
        func stalledLog() async throws {
            try await StorageDeployment.run { deployment in
                let file = try deployment.configuration()
                let process = try GatehouseProcess(["serve", "--config", file.path()], readsErrors: false)
                let ready = try await process.ready()
                let management = try #require(ready.split(separator: "management on ").last?.dropLast())
                // One line of some 150 bytes each: more than the pipe's 64 KiB and the writer's 8 MiB hold.
                let connection = try PipelinedConnection(
                    try #require(SocketAddress(String(deployment.issuer.dropFirst(7))))
                )
                for _ in 0..<140 {
                    try connection.exchange(count: 500)
                }
                let client = deployment.client
                #expect(try await client.send("GET", "http://\(management)/health/live").status == 200)
                #expect(try await client.send("GET", "http://\(management)/health/ready").status == 200)
                let browser = TestBrowser(transport: deployment.transport)
                let metrics = try await browser.get("http://\(management)/metrics").text
                let line = try #require(
                    metrics.split(separator: "\n").first { $0.hasPrefix("gatehouse_log_lines_dropped_total ") }
                )
                #expect(try #require(line.split(separator: " ").last.flatMap { Int($0) }) > 0)
                #expect(await process.stop().status == 0)
            }
        }
    }
}

/// Sends requests one behind the other on one connection without waiting for their answers.
private final class PipelinedConnection {
    private let descriptor: CInt

    init(_ address: SocketAddress) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        unsafe withUnsafeMutableBytes(of: &name.sin_addr) { unsafe $0.copyBytes(from: address.ip.bytes) }
        let result = unsafe withUnsafePointer(to: name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Violation("connect: \(errno)") }
    }

    deinit { close(descriptor) }

    /// Sends requests for a path that does not exist, and reads their answers.
    func exchange(count: Int) throws {
        let requests = Array(String(repeating: "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", count: count).utf8)
        guard unsafe send(descriptor, requests, requests.count, CInt(MSG_NOSIGNAL)) == requests.count else {
            throw Violation("send: \(errno)")
        }
        var answered = 0
        var tail = ""
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while answered < count {
            let received = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard received > 0 else { throw Violation("recv: \(received), \(errno)") }
            // The end of what came may be the beginning of a status line.
            let text = tail + String(decoding: buffer[..<received], as: UTF8.self)
            answered += text.ranges(of: "HTTP/1.1 404").count
            tail = text.range(of: "HTTP/1.1 404", options: .backwards).map { String(text[$0.upperBound...]) } ?? text
        }
    }
}
