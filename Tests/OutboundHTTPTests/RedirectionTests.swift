import OutboundHTTP
import Testing

/// D-84: where a redirect may lead.
@Suite(.timeLimit(.minutes(10)))
struct RedirectionTests {
    private func redirecting(to location: String, status: Int = 302) throws -> RawServer {
        try .answering("HTTP/1.1 \(status) Moved\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("CM-2: a redirect is not followed but returned", arguments: [301, 302, 303, 307, 308])
    func notFollowed(status: Int) async throws {
        let target = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let server = try redirecting(to: target.url(), status: status)
        let response = try await withClient {
            try await $0.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate))
        }
        #expect(response.status == status)
        #expect(response.values(of: "Location") == [target.url()])
        #expect(target.connectionCount == 0)
    }

    @Test(
        "D-84: a redirect that is followed is under the same policy",
        arguments: ["http://169.254.169.254/", "//[fe80::1]/", "http://10.0.0.1/", "http://0x7f.1.:80/"]
    )
    func samePolicy(location: String) async throws {
        let server = try redirecting(to: location)
        let error = try await withClient {
            try await $0.failure(
                of: OutboundRequest(url: server.url(), addressPolicy: .loopbackAllowed, maximumRedirects: 3)
            )
        }
        #expect(error.code == .addressRefused, "\(error)")
    }

    @Test(
        "A redirect to another scheme or to nowhere is an error",
        arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://", "http://a b/"]
    )
    func badLocation(location: String) async throws {
        let server = try redirecting(to: location)
        let error = try await withClient {
            try await $0.failure(
                of: OutboundRequest(url: server.url(), addressPolicy: .allowPrivate, maximumRedirects: 3)
            )
        }
        #expect([.invalidURL, .protocolError].contains(error.code))
    }

    @Test("A followed redirect leaves credentials behind when the origin changes")
    func credentials() async throws {
        let (requests, report) = AsyncStream.makeStream(of: RawRequest.self)
        let target = try RawServer { connection in
            while let request = connection.readRequest() {
                report.yield(request)
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let server = try redirecting(to: target.url("/there?x=y"))
        let response = try await withClient {
            try await $0.send(
                OutboundRequest(
                    url: server.url(),
                    headerFields: [("Authorization", "Bearer x"), ("Accept", "application/json")],
                    addressPolicy: .allowPrivate,
                    maximumRedirects: 1
                )
            )
        }
        #expect(response.status == 200)
        let request = try #require(await requests.first { _ in true })
        #expect(request.line == "GET /there?x=y HTTP/1.1")
        #expect(request.values(of: "Authorization").isEmpty)
        #expect(request.values(of: "Accept") == ["application/json"])
    }

    @Test("A loop ends with the last redirect that is allowed")
    func loop() async throws {
        let server = try redirecting(to: "/again")
        let response = try await withClient {
            try await $0.send(OutboundRequest(url: server.url(), addressPolicy: .allowPrivate, maximumRedirects: 5))
        }
        #expect(response.status == 302)
        #expect(server.connectionCount == 1)
    }

    @Test("The redirect of a POST is returned, whatever is allowed", arguments: [302, 307])
    func post(status: Int) async throws {
        let target = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let server = try redirecting(to: target.url(), status: status)
        let response = try await withClient {
            try await $0.send(
                OutboundRequest(
                    method: "POST",
                    url: server.url(),
                    body: Array("secret".utf8),
                    addressPolicy: .allowPrivate,
                    maximumRedirects: 3
                )
            )
        }
        #expect(response.status == status)
        #expect(target.connectionCount == 0)
    }
}
