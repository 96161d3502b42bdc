import HTTPTypes
import Testing

@testable import SocketHTTP

@Suite("Responses as bytes")
struct ResponseSerializerTests {
    private func wire(_ response: Response, isHead: Bool = false, closes: Bool = false) -> String {
        var output = Array("before|".utf8)
        let date = Array("Date: D\r\n".utf8)
        ResponseSerializer.append(response, to: &output, common: date, isHead: isHead, closes: closes)
        return String(decoding: output.dropFirst(7), as: UTF8.self)
    }

    @Test("status line, fields in their order, repeated ones kept apart")
    func fields() {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .setCookie, value: "a=b"))
        fields.append(HTTPField(name: .setCookie, value: "c=d"))
        let response = Response(status: .badRequest, headerFields: fields, body: Array("no".utf8))
        #expect(
            wire(response, closes: true)
                == "HTTP/1.1 400 Bad Request\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 2\r\nDate: D\r\n"
                + "Connection: close\r\n\r\nno"
        )
    }

    @Test("a prepared response is the same on the wire")
    func prepared() {
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public"]
        let plain = Response(status: .ok, headerFields: fields, body: Array("{}".utf8))
        let prepared = Response.prepared(headerFields: fields, body: Array("{}".utf8))
        for (isHead, closes) in [(false, false), (true, false), (false, true), (true, true)] {
            #expect(wire(prepared, isHead: isHead, closes: closes) == wire(plain, isHead: isHead, closes: closes))
        }
    }

    @Test("a prepared response that is changed is serialized anew")
    func changedAfterPreparation() {
        var response = Response.prepared(body: Array("old".utf8))
        response.headerFields[.accessControlAllowOrigin] = "*"
        response.body = Array("newer".utf8)
        #expect(wire(response).contains("Access-Control-Allow-Origin: *"))
        #expect(wire(response).hasSuffix("\r\n\r\nnewer"))
        #expect(wire(response).contains("Content-Length: 5"))
    }

    @Test("bodies behind one prepared head each have their own length")
    func preparedHead() {
        let fields: HTTPFields = [.contentType: "application/json"]
        let head = PreparedHead(status: .ok, headerFields: fields)
        for body in ["", "{}", String(repeating: "x", count: 1234)] {
            let plain = Response(status: .ok, headerFields: fields, body: Array(body.utf8))
            #expect(wire(Response(head, body: Array(body.utf8))) == wire(plain))
        }
        let noContent = Response(PreparedHead(status: .noContent, headerFields: fields), body: Array("x".utf8))
        #expect(!wire(noContent).contains("Content-Length"))
    }

    @Test("204 and 304 have neither length nor body", arguments: [HTTPResponse.Status.noContent, .notModified])
    func withoutBody(status: HTTPResponse.Status) {
        let text = wire(Response(status: status, body: Array("x".utf8)))
        #expect(!text.contains("Content-Length"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("HEAD keeps the length and drops the body")
    func head() {
        let text = wire(Response(status: .ok, body: Array("hello".utf8)), isHead: true)
        #expect(text.contains("Content-Length: 5\r\n") && text.hasSuffix("\r\n\r\n"))
    }

    @Test(
        "framing is the engine's: a responder cannot set it",
        arguments: ["Content-Length", "Transfer-Encoding", "Connection", "Date", "Trailer", "Upgrade", "Keep-Alive"]
    )
    func framing(name: String) throws {
        let field = try #require(HTTPField.Name(name))
        let text = wire(Response(status: .ok, headerFields: [field: "forged"], body: [1]))
        #expect(!text.contains("forged"))
    }

    @Test("a line break in a value never splits the response")
    func splitting() {
        for value in ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b"] {
            let response = Response(status: .found, headerFields: [.location: value])
            #expect(!wire(response).contains("\r\nSet-Cookie"))
            #expect(
                wire(response).split(separator: "\r\n").allSatisfy { !$0.utf8.contains(10) && !$0.utf8.contains(13) }
            )
        }
    }

    @Test("an interim status from a responder is a server error", arguments: [100, 101, 199, 600, 999])
    func interim(code: Int) {
        #expect(wire(Response(status: .init(code: code))).hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
    }

    @Test("a date line is made anew when the second changes")
    func dateCache() {
        var date = DateField()
        let lines = [date.line(at: 0), date.line(at: 0), date.line(at: 1)]
        #expect(lines[0] == lines[1])
        #expect(String(decoding: lines[2], as: UTF8.self) == "Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n")
    }

    @Test("descriptions carry no secrets")
    func descriptions() {
        let request = Request(
            method: .post,
            path: "/t",
            query: "code=s3cret",
            fields: [.authorization: "Basic s3cret"],
            body: Array("s3cret".utf8)
        )
        let response = Response(status: .ok, headerFields: [.setCookie: "s3cret"], body: Array("s3cret".utf8))
        var dumped = ""
        dump(request, to: &dumped)
        dump(response, to: &dumped)
        let shown = "\(request) \(response) \(String(reflecting: request)) \(String(reflecting: response)) \(dumped)"
        #expect(!shown.contains("s3cret") && !shown.contains("115, 51"))
    }
}
