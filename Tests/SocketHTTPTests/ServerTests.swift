import HTTPTypes
import SocketHTTP
import Testing

@Suite("The server over sockets", .timeLimit(.minutes(10)))
struct ServerTests {
    @Test("one response, byte for byte")
    func literalResponse() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try client.send(.get("/a?b", fields: "Connection: close\r\n"))
            let expected =
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n"
                + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\nGET /a b "
            #expect(try client.receiveAll() == expected)
        }
    }

    @Test("keep-alive, then a pipeline, in order")
    func pipeline() async throws {
        try await withServer { server, address in
            let client = try RawClient(address)
            for index in 0..<3 {
                try client.send(.get("/\(index)"))
                #expect(try client.receiveResponse().body == "GET /\(index) - ")
            }
            try client.send((0..<50).map { String.get("/p\($0)") }.joined())
            for index in 0..<50 {
                #expect(try client.receiveResponse().body == "GET /p\(index) - ")
            }
            #expect(server.counters.requests == 53)
            #expect(server.counters.acceptedConnections == 1)
        }
    }

    @Test("a request that comes byte by byte")
    func drip() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            for byte in "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n".utf8 {
                try client.send([byte])
            }
            #expect(try client.receiveResponse().body == "POST /a - hi")
        }
    }

    @Test("HEAD has the length of GET and no body; the connection goes on")
    func head() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try client.receiveResponse(toHead: true)
            #expect(response.status == 200)
            #expect(response["content-length"] == "10")
            try client.send(.get("/b"))
            #expect(try client.receiveResponse().body == "GET /b - ")
        }
    }

    @Test("a refused request is answered once and the connection closed, whatever follows")
    func refusal() async throws {
        try await withServer { server, address in
            let client = try RawClient(address)
            try client.send(.get("/a") + "GET / HTTP/1.1\nHost: h\n\n" + .get("/smuggled"))
            #expect(try client.receiveResponse().status == 200)
            let refusal = try client.receiveResponse()
            #expect(refusal.status == 400)
            #expect(refusal["connection"] == "close")
            #expect(try client.receiveAll() == "")
            #expect(server.counters.rejectedRequests == [400: 1])
        }
    }

    @Test("a body is waited for after 100 Continue")
    func expectContinue() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.receiveResponse().statusLine == "HTTP/1.1 100 Continue")
            try client.send("hi")
            #expect(try client.receiveResponse().body == "POST /a - hi")
        }
    }

    @Test("a client that has finished sending still gets its answer")
    func halfClose() async throws {
        try await withServer { _, address in
            let client = try RawClient(address)
            try client.send(.get("/a") + .get("/b"))
            client.finishSending()
            let all = try client.receiveAll()
            #expect(all.contains("GET /a - ") && all.contains("GET /b - "))
        }
    }

    @Test("IPv6, and the peer's address")
    func version6() async throws {
        let responder = ClosureResponder { Response(status: .ok, body: Array($0.peer.description.utf8)) }
        let address = SocketAddress(ip: try #require(IPAddress("::1")), port: 0)
        try await withServer(address: address, responder: responder) { _, address in
            let client = try RawClient(address)
            try client.send(.get("/"))
            #expect(try client.receiveResponse().body == "::1")
        }
    }
}
