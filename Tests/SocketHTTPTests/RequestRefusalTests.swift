import HTTPTypes
import SocketHTTP
import Testing

/// One malformed or oversized request and the status it must be refused with.
struct Refusal: CustomTestStringConvertible, Sendable {
    let what: String
    let status: Int
    let text: String

    init(_ what: String, _ status: Int, _ text: String) {
        self.what = what
        self.status = status
        self.text = text
    }

    /// A POST with these header lines and body.
    init(_ what: String, _ status: Int = 400, fields: String, body: String = "") {
        self.init(what, status, "POST /t HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)")
    }

    /// A chunked POST.
    init(_ what: String, _ status: Int = 400, chunks: String) {
        self.init(what, status, fields: "Transfer-Encoding: chunked\r\n", body: chunks)
    }

    var testDescription: String { "\(what): \(status)" }
}

@Suite("D-73, D-74, D-75, TK-17: requests that are refused")
struct RequestRefusalTests {
    static let smugglingCases: [Refusal] = [
        Refusal("both lengths", fields: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"),
        Refusal("both lengths, the other way", fields: "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        Refusal("two different lengths", fields: "Content-Length: 5\r\nContent-Length: 6\r\n", body: "hello"),
        Refusal("the same length twice", fields: "Content-Length: 5\r\ncontent-length: 5\r\n", body: "hello"),
        Refusal("a list of lengths", fields: "Content-Length: 5, 5\r\n", body: "hello"),
        Refusal("a sign", fields: "Content-Length: +5\r\n", body: "hello"),
        Refusal("a negative length", fields: "Content-Length: -1\r\n"),
        Refusal("leading zeros", fields: "Content-Length: 05\r\n", body: "hello"),
        Refusal("zeros only", fields: "Content-Length: 00\r\n"),
        Refusal("a hexadecimal length", fields: "Content-Length: 0x5\r\n", body: "hello"),
        Refusal("white space inside", fields: "Content-Length: 5 5\r\n", body: "hello"),
        Refusal("no length", fields: "Content-Length:\r\n"),
        Refusal("a vertical tab before the length", fields: "Content-Length: \u{0b}5\r\n", body: "hello"),
        Refusal("chunked, identity", fields: "Transfer-Encoding: chunked, identity\r\n"),
        Refusal("identity, chunked", fields: "Transfer-Encoding: identity, chunked\r\n"),
        Refusal("chunked twice", fields: "Transfer-Encoding: chunked, chunked\r\n"),
        Refusal("chunked in two lines", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        Refusal("chunked with a parameter", fields: "Transfer-Encoding: chunked;q=1\r\n"),
        Refusal("a quoted coding", fields: "Transfer-Encoding: \"chunked\"\r\n"),
        Refusal("an empty coding", fields: "Transfer-Encoding:\r\n"),
        Refusal("a vertical tab before chunked", fields: "Transfer-Encoding: \u{0b}chunked\r\n"),
        Refusal("an unknown coding", 501, fields: "Transfer-Encoding: xchunked\r\n"),
        Refusal("gzip", 501, fields: "Transfer-Encoding: gzip\r\n"),
        Refusal("chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refusal("a folded line", fields: "A: b\r\n c\r\n"),
        Refusal("a folded coding", fields: "Transfer-Encoding:\r\n chunked\r\n"),
        Refusal("a first field that is folded", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        Refusal("a bare LF after a field", fields: "A: b\nContent-Length: 5\r\n"),
        Refusal("a bare LF after the request line", 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"),
        Refusal("a bare LF as the empty line", 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        Refusal("bare LFs only", 400, "GET / HTTP/1.1\nHost: h\n\n"),
        Refusal("a bare CR in a value", fields: "A: b\rContent-Length: 5\r\n"),
        Refusal("two CRs", fields: "A: b\r\r\n"),
        Refusal("NUL in a value", fields: "A: b\0c\r\n"),
        Refusal("NUL in a name", fields: "A\0: b\r\n"),
        Refusal("DEL in a value", fields: "A: b\u{7f}\r\n"),
        Refusal("an escape in a long value", fields: "A: 0123456789abcdef\u{1b}[31m0123456789\r\n"),
        Refusal("a space before the colon", fields: "Content-Length : 5\r\n"),
        Refusal("a tab before the colon", fields: "Content-Length\t: 5\r\n"),
        Refusal("a line without a colon", fields: "Content-Length\r\n"),
        Refusal("a name of no length", fields: ": b\r\n"),
        Refusal("a name that is no token", fields: "A(b): c\r\n"),
        Refusal("a name beyond ASCII", fields: "Ä: c\r\n"),
    ]

    static let chunksCases: [Refusal] = [
        Refusal("no size", chunks: "\r\n"), Refusal("a sign", chunks: "+5\r\nhello\r\n"),
        Refusal("a prefix", chunks: "0x5\r\nhello\r\n"), Refusal("a letter", chunks: "5g\r\nhello\r\n"),
        Refusal("white space before", chunks: " 5\r\nhello\r\n"),
        Refusal("white space behind", chunks: "5 \r\nhello\r\n"),
        Refusal("white space before an extension", chunks: "5 ;a\r\nhello\r\n"),
        Refusal("nine digits", chunks: "000000005\r\nhello\r\n"),
        Refusal("a size that overflows", chunks: "FFFFFFFFFFFFFFFF1\r\n"),
        Refusal("data longer than its size", chunks: "4\r\nhello\r\n"),
        Refusal("data without its CR LF", chunks: "5\r\nhello0\r\n\r\n"),
        Refusal("data ended by a bare LF", chunks: "5\r\nhello\n0\r\n\r\n"),
        Refusal("a size line ended by a bare LF", chunks: "5\nhello\r\n0\r\n\r\n"),
        Refusal("a bare LF inside an extension", chunks: "5;a\nb\r\nhello\r\n"),
        Refusal("a bare CR inside an extension", chunks: "5;a\rb\r\nhello\r\n"),
        Refusal("an extension without end", chunks: "5;\(String(repeating: "a", count: 300))\r\nhello\r\n"),
        Refusal(
            "many extensions",
            chunks: String(repeating: "1;\(String(repeating: "a", count: 250))\r\nx\r\n", count: 20)
        ),
        Refusal("a malformed trailer", chunks: "0\r\nA b\r\n\r\n"),
        Refusal("a folded trailer", chunks: "0\r\nA: b\r\n c\r\n\r\n"),
        Refusal("NUL in a trailer", chunks: "0\r\nA: \0\r\n\r\n"),
        Refusal("a long trailer", 431, chunks: "0\r\nA: \(String(repeating: "a", count: 9_000))\r\n\r\n"),
        Refusal("many trailers", 431, chunks: "0\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n"),
        Refusal("a chunk beyond the limit", 413, chunks: "10001\r\n"),
        Refusal("a huge chunk", 413, chunks: "FFFFFFFF\r\n"),
    ]

    static let linesCases: [Refusal] = [
        Refusal("HTTP/0.9", 400, "GET /\r\n"), Refusal("HTTP/2's preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Refusal("HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        Refusal("HTTP/3.0", 505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n"),
        Refusal("a version in lower case", 400, "GET / http/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a version with two digits", 400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
        Refusal("a version without a dot", 400, "GET / HTTP/11\r\nHost: h\r\n\r\n"),
        Refusal("another protocol", 400, "GET / ICAP/1.0\r\nHost: h\r\n\r\n"),
        Refusal("a TLS handshake", 400, "\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n"),
        Refusal("two spaces", 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("two spaces before the version", 400, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a space behind the version", 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
        Refusal("a leading space", 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("tabs", 400, "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("no method", 400, " / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a method that is no token", 400, "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a target without a slash", 400, "GET token HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("NUL in the target", 400, "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a target beyond ASCII", 400, "GET /ä HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("an asterisk for GET", 400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("an absolute form without a host", 400, "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("an absolute form with a user", 400, "GET http://a@b/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("another scheme", 400, "GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("CONNECT", 501, "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("a long request line", 414, "GET /\(String(repeating: "a", count: 17_000)) HTTP/1.1\r\n"),
        Refusal("a request line without end", 414, String(repeating: "a", count: 17_000)),
    ]

    static let fieldsCases: [Refusal] = [
        Refusal("no Host", 400, "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
        Refusal("two Hosts", 400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
        Refusal("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"),
        Refusal("an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        Refusal("a Host with a user", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        Refusal("a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Refusal("a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Refusal("a Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n"),
        Refusal("a Host with a long port", 400, "GET / HTTP/1.1\r\nHost: a:808080\r\n\r\n"),
        Refusal("an open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        Refusal("a port without a host", 400, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
        Refusal("an unknown expectation", 417, fields: "Expect: 200-ok\r\n"),
        Refusal(
            "D-75: a compressed body",
            415,
            fields: "Content-Encoding: gzip\r\nContent-Length: 5\r\n",
            body: "hello"
        ),
        Refusal("D-75: compressed twice", 415, fields: "Content-Encoding: gzip, br\r\n"),
        Refusal("TK-17: a body of 64 KiB and a byte", 413, fields: "Content-Length: 65537\r\n"),
        Refusal("a body of 10 MB", 413, fields: "Content-Length: 10485760\r\n"),
        Refusal("a body beyond counting", 413, fields: "Content-Length: 99999999999999999999999999\r\n"),
        Refusal(
            "TK-17: a header of 32 KiB",
            431,
            fields: String(repeating: "A: \(String(repeating: "a", count: 4_000))\r\n", count: 9)
        ),
        Refusal("D-74: a huge cookie", 431, fields: "Cookie: \(String(repeating: "a", count: 20_000))\r\n"),
        Refusal("101 fields", 431, fields: String(repeating: "A: b\r\n", count: 100)),
    ]

    @Test("D-73: smuggling", arguments: smugglingCases)
    func smuggling(_ refused: Refusal) {
        #expect(refusal(refused.text) == refused.status)
    }

    @Test("D-73: chunks", arguments: chunksCases)
    func chunks(_ refused: Refusal) {
        #expect(refusal(refused.text) == refused.status)
    }

    @Test("request lines", arguments: linesCases)
    func lines(_ refused: Refusal) {
        #expect(refusal(refused.text) == refused.status)
    }

    @Test("fields and sizes", arguments: fieldsCases)
    func fields(_ refused: Refusal) {
        #expect(refusal(refused.text) == refused.status)
    }

    @Test("a refusal stays: nothing behind it is read as a request")
    func staysRefused() {
        var parser = RequestParser()
        _ = parser.feed(Array("GET / HTTP/1.1\nHost: h\r\n\r\n".utf8).span)
        let next = Transcript(parser.feed(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8).span))
        #expect(next == .reject(400, "a line ends with a bare LF"))
        #expect(parser.bufferedByteCount == 0)
    }

    @Test("every refusal is JSON, names its rule and closes")
    func refusalResponse() throws {
        var parser = RequestParser()
        guard case .reject(let rejection) = parser.feed(Array("GET / HTTP/1.1\r\n\r\n".utf8).span) else {
            Issue.record("not refused")
            return
        }
        let response = rejection.response
        #expect(response.status == .badRequest)
        #expect(response.closesConnection)
        let body = String(decoding: response.body, as: UTF8.self)
        #expect(body == #"{"error":"bad_request","error_description":"no Host field (RFC 9112 §3.2)"}"#)
    }
}
