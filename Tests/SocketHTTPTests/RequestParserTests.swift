import HTTPTypes
import SocketHTTP
import Testing

@Suite("RFC 9112: requests that are understood")
struct RequestParserTests {
    private func request(_ text: String) throws -> ParsedRequest {
        var parser = RequestParser()
        guard case .request(let request) = parser.feed(Array(text.utf8).span) else {
            throw Failure(text: text)
        }
        return request
    }

    private struct Failure: Error {
        let text: String
    }

    @Test("a plain GET")
    func plainGet() throws {
        let request = try request("GET /a/b?c=d&e=%20 HTTP/1.1\r\nHost: example.com\r\nX-A:  1 \r\nx-a:\t2\r\n\r\n")
        #expect(request.method == .get)
        #expect(request.path == "/a/b")
        #expect(request.query == "c=d&e=%20")
        #expect(request.body.isEmpty)
        #expect(request.keepsAlive)
        #expect(request.fields.values(of: "x-a") == ["1", "2"])
        #expect(request.fields.firstValue(of: "host") == "example.com")
        #expect(request.fields.firstValue(of: "missing") == nil)
    }

    @Test("TK-1: a single value is distinguished from others, doubled ones and none by its bytes")
    func onlyValue() throws {
        let request = try request(
            "GET / HTTP/1.1\r\nHost: h\r\nX-One: a/b\r\nX-Two: a/b\r\nx-two: a/b\r\nX-Other: A/b\r\n\r\n"
        )
        #expect(request.fields.isOnlyValue(of: "x-one", "a/b"))
        #expect(!request.fields.isOnlyValue(of: "x-one", "a/bc"))
        #expect(!request.fields.isOnlyValue(of: "x-one", "a/"))
        #expect(!request.fields.isOnlyValue(of: "x-two", "a/b"))
        #expect(!request.fields.isOnlyValue(of: "x-other", "a/b"))
        #expect(!request.fields.isOnlyValue(of: "x-none", "a/b"))
    }

    @Test("TK-1: the same of fields that were given without a socket")
    func onlyGivenValue() {
        var fields: HTTPFields = [.contentType: "a/b"]
        #expect(Request(method: .post, path: "/", fields: fields).isOnlyValue(of: .contentType, "a/b"))
        #expect(!Request(method: .post, path: "/", fields: fields).isOnlyValue(of: .contentType, "a/c"))
        fields.append(HTTPField(name: .contentType, value: "a/b"))
        #expect(!Request(method: .post, path: "/", fields: fields).isOnlyValue(of: .contentType, "a/b"))
    }

    @Test("field values keep their commas, inner spaces and bytes beyond ASCII; empty ones exist")
    func fieldValues() throws {
        let request = try request("GET / HTTP/1.1\r\nHost: h\r\nA: x, y;  z\r\nB:\r\nC: Zoë\r\nD: a\tb\r\n\r\n")
        #expect(request.fields.firstValue(of: "a") == "x, y;  z")
        #expect(request.fields.firstValue(of: "b") == "")
        #expect(request.fields.firstValue(of: "c") == "Zoë")
        #expect(request.fields.firstValue(of: "d") == "a\tb")
    }

    @Test(
        "targets: the path is taken as it is, the query split at the first question mark",
        arguments: [
            ("/", "/", nil), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("//token", "//token", nil),
            ("/%74oken", "/%74oken", nil), ("/a/../b", "/a/../b", nil), ("/a;x=1", "/a;x=1", nil),
            ("http://evil.example/a?b", "/a", "b"), ("HTTPS://evil.example:8443/a", "/a", nil),
            ("http://evil.example", "/", nil), ("http://evil.example?q", "/", "q"), ("http://[::1]/x", "/x", nil),
        ] as [(String, String, String?)]
    )
    func targets(target: String, path: String, query: String?) throws {
        let request = try request("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(request.path == path)
        #expect(request.query == query)
    }

    @Test("the asterisk form is for OPTIONS, also when a proxy writes it in absolute form")
    func asterisk() throws {
        #expect(try request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").path == "*")
        #expect(try request("OPTIONS http://h:80 HTTP/1.1\r\nHost: h\r\n\r\n").path == "*")
    }

    @Test(
        "any token is a method",
        arguments: ["HEAD", "PUT", "DELETE", "TRACE", "PROPFIND", "get", "M-SEARCH", "!#$%&'*+"]
    )
    func methods(method: String) throws {
        #expect(try request("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n").method.rawValue == method)
    }

    @Test("a body of the announced length, no byte more")
    func fixedBody() {
        let text = "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: h\r\n\r\n"
        let found = transcripts([Array(text.utf8)])
        #expect(found.map(\.description) == ["POST /t - 5", "GET / - 0", "needMore"])
    }

    @Test("chunks are joined; extensions and trailers are dropped")
    func chunkedBody() throws {
        let request = try request(
            "POST /t HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;a=b;c=\"d\"\r\nhello\r\n00006\r\n world\r\n0\r\nHost: evil\r\nX: y\r\n\r\n"
        )
        #expect(String(decoding: request.body, as: UTF8.self) == "hello world")
        #expect(request.fields.values(of: "host") == ["h"])
        #expect(request.fields.values(of: "x") == [])
    }

    @Test(
        "who closes",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: te, CLOSE\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
            ("HTTP/1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", true), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: keep-alive\r\n", false), ("HTTP/1.9", "", true),
        ]
    )
    func persistence(version: String, fields: String, keepsAlive: Bool) throws {
        #expect(try request("GET / \(version)\r\nHost: h\r\n\(fields)\r\n").keepsAlive == keepsAlive)
    }

    @Test("HTTP/1.0 needs no Host, and its expectations are ignored")
    func oldVersion() throws {
        _ = try request("GET / HTTP/1.0\r\n\r\n")
        var parser = RequestParser()
        let head = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        let first = Transcript(parser.feed(Array(head.utf8).span))
        #expect(first == .needMore)
        let isAsked = parser.takeContinueRequest()
        #expect(!isAsked)
    }

    @Test("Expect: 100-continue is asked for once, and not when the body is on its way")
    func expectation() {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        var waiting = RequestParser()
        _ = waiting.feed(Array(head.utf8).span)
        let asked = [waiting.takeContinueRequest(), waiting.takeContinueRequest()]
        #expect(asked == [true, false])
        var eager = RequestParser()
        _ = eager.feed(Array((head + "a").utf8).span)
        let isAsked = eager.takeContinueRequest()
        #expect(!isAsked)
    }

    @Test("one empty line before the request line is skipped")
    func emptyLine() throws {
        #expect(try request("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").path == "/")
        #expect(refusal("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400)
    }

    @Test(
        "hosts that are well formed",
        arguments: ["h", "example.com:8443", "127.0.0.1", "[::1]", "[2001:db8::1]:443", "a_b.example", "h:"]
    )
    func hosts(host: String) throws {
        _ = try request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    }

    @Test("the stages that deadlines hold for")
    func progress() {
        var parser = RequestParser()
        #expect(parser.progress == .idle)
        _ = parser.feed(Array("P".utf8).span)
        #expect(parser.progress == .head)
        _ = parser.feed(Array("OST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n".utf8).span)
        #expect(parser.progress == .head)
        _ = parser.feed(Array("\r\n".utf8).span)
        #expect(parser.progress == .body)
        _ = parser.feed(Array("ab".utf8).span)
        #expect(parser.progress == .idle)
        #expect(parser.bufferedByteCount == 0)
    }

    @Test("limits are the last size that passes")
    func limits() {
        var limits = RequestLimits()
        limits.bodyBytesMax = 4
        limits.fieldCountMax = 2
        limits.fieldLineBytesMax = 10
        limits.requestLineBytesMax = 15
        let fields = "Host: h\r\nA: \(String(repeating: "a", count: 7))\r\n"
        #expect(refusal("GET /a HTTP/1.1\r\n\(fields)\r\n", limits: limits) == nil)
        #expect(refusal("GET /ab HTTP/1.1\r\n\(fields)\r\n", limits: limits) == 414)
        #expect(
            refusal("GET /a HTTP/1.1\r\nHost: h\r\nA: \(String(repeating: "a", count: 8))\r\n\r\n", limits: limits)
                == 431
        )
        #expect(refusal("GET /a HTTP/1.1\r\n\(fields)B: c\r\n\r\n", limits: limits) == 431)
        limits.fieldLineBytesMax = 20
        #expect(refusal("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd", limits: limits) == nil)
        #expect(refusal("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde", limits: limits) == 413)
    }
}
