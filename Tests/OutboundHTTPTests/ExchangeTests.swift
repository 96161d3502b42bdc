import OutboundHTTP
import Synchronization
import Testing

/// What goes over the wire and what comes back.
@Suite(.timeLimit(.minutes(10)))
struct ExchangeTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    @Test("CM-2: a GET sends what was asked and nothing more")
    func get() async throws {
        let (requests, report) = AsyncStream.makeStream(of: RawRequest.self)
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                report.yield(request)
                connection.write(Self.ok)
            }
        }
        let response = try await withClient {
            try await $0.send(
                OutboundRequest(
                    url: server.url("/a/../b?c=d#e"),
                    headerFields: [("Accept", "application/json"), ("X-Empty", "")],
                    addressPolicy: .allowPrivate
                )
            )
        }
        #expect(response.status == 200)
        #expect(response.text == "{}")
        #expect(response.values(of: "content-type") == ["application/json"])
        let request = try #require(await requests.first { _ in true })
        #expect(request.line == "GET /a/../b?c=d HTTP/1.1")
        #expect(request.values(of: "Accept") == ["application/json"])
        #expect(request.values(of: "X-Empty") == [""])
        #expect(request.values(of: "User-Agent") == ["gatehouse"])
        #expect(request.lineCount == 5, "\(request.head)")
    }

    @Test(
        "The method and the body are delivered",
        arguments: [
            ("POST", "grant_type=x"), ("POST", ""), ("PUT", "text"), ("DELETE", ""), ("GET", "text"), ("PATCH", "{}"),
        ]
    )
    func methods(method: String, body: String) async throws {
        let server = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            let answer =
                "\(request.line)|\(request.values(of: "Content-Type"))|\(request.values(of: "Expect"))|\(request.body)"
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
        }
        let response = try await withClient {
            try await $0.send(
                OutboundRequest(
                    method: method,
                    url: server.url("/t"),
                    body: Array(body.utf8),
                    addressPolicy: .allowPrivate
                )
            )
        }
        #expect(response.text == "\(method) /t HTTP/1.1|[]|[]|\(body)")
    }

    @Test("A body with zero bytes and of 2 MB arrives whole, at once")
    func binaryBody() async throws {
        let server = try RawServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nX-Count: \(request.body.utf8.count)\r\nContent-Length: 0\r\n\r\n")
        }
        let response = try await withClient {
            try await $0.send(
                OutboundRequest(
                    method: "POST",
                    url: server.url(),
                    body: [UInt8](repeating: 0, count: 2 << 20),
                    addressPolicy: .allowPrivate
                )
            )
        }
        #expect(response.values(of: "X-Count") == ["\(2 << 20)"])
    }

    @Test("HEAD has no body to wait for")
    func head() async throws {
        let server = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        let response = try await withClient {
            try await $0.send(OutboundRequest(method: "HEAD", url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(response.values(of: "Content-Length") == ["500"])
        #expect(response.body.isEmpty)
    }

    @Test("Any status is a response", arguments: [204, 304, 400, 401, 404, 429, 500, 503])
    func statuses(status: Int) async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 \(status) Said So\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
        )
        let response = try await withClient {
            try await $0.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(response.status == status)
    }

    @Test("Interim responses and trailers are dropped, chunks are joined")
    func chunked() async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: late\r\n\r\n"
        )
        let response = try await withClient {
            try await $0.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(response.text == "abcde")
        #expect(response.headerFields.map(\.name) == ["Transfer-Encoding"])
    }

    @Test("D-85: a gzip body is handed over as it came", arguments: ["gzip", "deflate", "br"])
    func contentCoding(coding: String) async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: 4\r\n\r\n\u{1f}abc"
        )
        let response = try await withClient {
            try await $0.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(response.text == "\u{1f}abc")
    }

    /// `{"ok":true}`, compressed.
    private static let compressed: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0xcf, 0x56, 0xb2,
        0x2a, 0x29, 0x2a, 0x4d, 0xad, 0x05, 0x00, 0x90, 0x5f, 0xd4, 0xa7, 0x0b, 0x00, 0x00, 0x00,
    ]

    private static func answering(_ body: [UInt8]) throws -> RawServer {
        try RawServer { connection in
            let request = connection.readRequest()
            let coding = request?.values(of: "accept-encoding") == ["gzip, deflate"] ? "gzip" : "not-asked"
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
            )
            connection.write(body)
        }
    }

    @Test("P-16: a coding is offered and removed where the request asks for it")
    func decodedContent() async throws {
        let server = try Self.answering(Self.compressed)
        let request = OutboundRequest(url: server.url(), addressPolicy: .allowPrivate, decodesContent: true)
        let response = try await withClient { try await $0.send(request) }
        #expect(response.text == #"{"ok":true}"#)
    }

    @Test("P-16, D-85: the bound counts decoded bytes, and a broken coding is an error")
    func decodedBounds() async throws {
        let server = try Self.answering(Self.compressed)
        let small = OutboundRequest(
            url: server.url(),
            limits: .init(responseBytesMax: 10),
            addressPolicy: .allowPrivate,
            decodesContent: true
        )
        let bomb = try await withClient { try await $0.failure(of: small) }
        #expect(bomb.code == .tooLarge)
        let broken = try Self.answering(Array("no gzip at all".utf8))
        let request = OutboundRequest(url: broken.url(), addressPolicy: .allowPrivate, decodesContent: true)
        let error = try await withClient { try await $0.failure(of: request) }
        #expect(error.code == .protocolError)
    }

    @Test(
        "What is not HTTP is an error",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2\r\n", OutboundError.Code.protocolError), ("{\"json\":true}", .protocolError),
            ("HTTP/1.1 abc OK\r\n\r\n", .protocolError), ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .protocolError),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", .protocolError),
            ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc", .protocolError),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .connectionLost),
            ("", .connectionLost), ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .connectionLost),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .connectionLost),
        ]
    )
    func garbage(answer: String, code: OutboundError.Code) async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write(answer)
        }
        let error = try await withClient {
            try await $0.failure(of: OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(error.code == code, "\(error)")
    }

    @Test("A connection is used again under its policy, never under another")
    func pooling() async throws {
        let server = try RawServer.answering(Self.ok)
        try await withClient { client in
            for _ in 0..<3 {
                _ = try await client.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
            }
            #expect(server.connectionCount == 1)
            _ = try await client.send(OutboundRequest(url: server.url(), addressPolicy: .loopbackAllowed))
            #expect(server.connectionCount == 2)
            let error = try await client.failure(of: OutboundRequest(url: server.url(), addressPolicy: .publicOnly))
            #expect(error.code == .addressRefused)
        }
    }

    @Test(
        "RFC 9110 §9.2.2: a POST is not sent again when its pooled connection dies, a GET is",
        arguments: [("POST", ["POST", "POST"]), ("GET", ["GET", "GET", "GET"])]
    )
    func noSecondAttempt(method: String, expected: [String]) async throws {
        let seen = Mutex<[String]>([])
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                let count = seen.withLock { seen in
                    seen.append(String(request.line.prefix { $0 != " " }))
                    return seen.count
                }
                // The second request is read, and perhaps carried out, but never answered.
                if count == 2 { return }
                connection.write(Self.ok)
            }
        }
        try await withClient { client in
            let request = OutboundRequest(method: method, url: server.url(), addressPolicy: .allowPrivate)
            _ = try await client.send(request)
            if method == "POST" {
                let error = try await client.failure(of: request)
                #expect(error.code == .connectionLost)
            } else {
                let response = try await client.send(request)
                #expect(response.status == 200)
            }
        }
        #expect(seen.withLock { $0 } == expected)
    }

    @Test("Two hundred requests at once are all answered with their own answers")
    func parallel() async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                let path = request.line.split(separator: " ")[1]
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
        try await withClient { client in
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let policy: AddressPolicy = number.isMultiple(of: 2) ? .allowPrivate : .loopbackAllowed
                        let response = try await client.send(
                            OutboundRequest(url: server.url("/\(number)"), addressPolicy: policy)
                        )
                        return (number, response.text)
                    }
                }
                var answered = 0
                for try await (number, text) in group {
                    #expect(text == "/\(number)")
                    answered += 1
                }
                #expect(answered == 200)
            }
        }
        // The bound on connections to one host with each of the two policies.
        #expect(server.connectionCount <= 64)
    }
}
