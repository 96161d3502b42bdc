import Testing

@testable import OutboundHTTP

struct ResponseCollectorTests {
    @Test("Interim responses and trailers leave no field behind")
    func blocks() {
        var collector = ResponseCollector(limits: .init())
        let lines = [
            "HTTP/1.1 103 Early Hints\r\n", "Link: </x>\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
            "Content-Type:  text/plain \r\n",
            "x-empty:\r\n", "X-Empty: 2\r\n", "\r\n", "Content-Type: text/html\r\n", "\r\n",
        ]
        let taken = lines.map { collector.take(header: $0) }
        #expect(!taken.contains(false))
        #expect(collector.headerFields.map(\.name) == ["Content-Type", "x-empty", "X-Empty"])
        let response = OutboundResponse(status: 200, headerFields: collector.headerFields)
        #expect(response.values(of: "content-type") == ["text/plain"])
        #expect(response.values(of: "X-EMPTY") == ["", "2"])
        #expect(response.values(of: "Link").isEmpty)
    }

    @Test(
        "RFC 9112 §5.2: folded lines and lines without a name are refused",
        arguments: [" folded\r\n", "\tfolded\r\n", "x\r\n"]
    )
    func malformed(line: String) {
        var collector = ResponseCollector(limits: .init())
        let taken = ["HTTP/1.1 200 OK\r\n", line].map { collector.take(header: $0) }
        #expect(taken == [true, false])
        #expect(collector.failure?.code == .protocolError)
    }

    @Test("The last byte within a limit is taken, the next is not")
    func limits() {
        var collector = ResponseCollector(limits: .init(responseBytesMax: 4, headerBytesMax: 20))
        let headerTaken = collector.take(header: String(repeating: ":", count: 20))
        let bodyTaken = [[1, 2, 3], [4], [5]].map { collector.take(body: $0) }
        #expect(headerTaken)
        #expect(bodyTaken == [true, true, false])
        #expect(collector.body == [1, 2, 3, 4])
        #expect(collector.failure?.code == .tooLarge)
        var other = ResponseCollector(limits: .init(headerBytesMax: 20))
        let isLongerTaken = other.take(header: String(repeating: ":", count: 21))
        #expect(!isLongerTaken)
        #expect(other.failure?.code == .tooLarge)
    }
}

extension ResponseCollector {
    fileprivate mutating func take(header: String) -> Bool { takeHeaderLine(Array(header.utf8).span) }

    fileprivate mutating func take(body: [UInt8]) -> Bool { takeBody(body.span) }
}
