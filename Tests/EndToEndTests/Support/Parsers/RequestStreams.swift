import AuthorizationServerTesting

/// Streams of HTTP/1.1 requests, most of them slightly wrong where parsers have differed before (request smuggling).
struct RequestStreams {
    struct Stream {
        var bytes: [UInt8]
        /// Whether there is an empty line before a request, which servers should skip (RFC 9112 §2.2): llhttp does,
        /// and h11 refuses it.
        var hasEmptyLine = false
    }

    private var random: SeededRandom
    private var hasEmptyLine = false

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// One connection's bytes: one to three requests, perhaps with a byte changed.
    mutating func next() -> Stream {
        hasEmptyLine = false
        var bytes: [UInt8] = []
        for _ in 0...random.below(3) { bytes += request() }
        if random.chance(30) { change(&bytes) }
        if random.chance(5) { bytes.removeLast(random.below(min(bytes.count, 8))) }
        return Stream(bytes: bytes, hasEmptyLine: hasEmptyLine)
    }

    private mutating func pick(_ usual: [String], _ odd: [String]) -> String {
        let list = random.chance(94) ? usual : odd
        return list[random.below(list.count)]
    }

    private mutating func request() -> [UInt8] {
        let method = pick(
            ["GET", "POST", "PUT", "DELETE", "OPTIONS"],
            ["get", "GET ", " GET", "PATCH", "G\u{0}T", ""]
        )
        let target = pick(
            ["/", "/a?b=c", "/oauth/token", "/a%20b"],
            ["*", "http://a/b", "/a b", "/\u{7F}", "/é", "a:443", "//x", "/a#b", "\t/", ""]
        )
        let version = pick(
            ["HTTP/1.1"],
            ["HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", "HTTP/01.1", "HTTP/1", ""]
        )
        let end = pick(["\r\n"], ["\n", "\r", "\r\r\n", "\r\n\r\n"])
        var text = ""
        if random.chance(3) {
            text = "\r\n"
            hasEmptyLine = true
        }
        text += "\(method) \(target) \(version)\(end)"
        text += pick(["Host: a\r\n"], ["", "Host: a\r\nHost: b\r\n", "Host : a\r\n", "host:a\n", "Host: \r\n"])
        for _ in 0..<random.below(3) { text += field() }
        let (fields, body) = framing()
        return Array((text + fields + pick(["\r\n"], ["\n", "\r\n ", "\r"])).utf8) + body
    }

    private mutating func field() -> String {
        let end = pick(["\r\n"], ["\n", "\r", "\r\n ", "\r\n\t", "\r\r\n"])
        let separator = pick([": ", ":"], [" :", ":\t", "", ": \u{0B}", ":\u{0}"])
        let name = pick(
            ["Accept", "X-A", "Cookie", "User-Agent"],
            [
                "Content-Length", "Transfer-Encoding", "Trans\u{0}fer", "X(A)", "é", "", "Connection", "Expect",
                "Upgrade",
            ]
        )
        let value = pick(
            ["a", "*/*", "a=b; c=d", ""],
            ["5", "chunked", "é", "a\u{0}b", "close", "100-continue", " a "]
        )
        return name + separator + value + end
    }

    // MARK: - Framing

    private mutating func framing() -> (fields: String, body: [UInt8]) {
        switch random.below(10) {
        case 0..<3: return ("", [])
        case 3..<6:
            let body = String(repeating: "x", count: random.below(12))
            let length = pick(
                ["\(body.utf8.count)"],
                [
                    "+\(body.utf8.count)", "0\(body.utf8.count)", "\(body.utf8.count), \(body.utf8.count)", "-1", "0x5",
                    "5 5", "", " \(body.utf8.count) ", "\(body.utf8.count + 1)", "18446744073709551617", "5;", "1e1",
                ]
            )
            let name = pick(["Content-Length"], ["content-length", "Content-Length ", "Content_Length"])
            let line = "\(name): \(length)\r\n"
            return (random.chance(7) ? line + line : line, Array(body.utf8))
        default:
            let coding = pick(
                ["chunked"],
                [
                    "Chunked", "chunked, chunked", "gzip, chunked", "chunked, gzip", "xchunked", "identity",
                    "\tchunked",
                    "chunked ", "chunked;a=b", "\"chunked\"", "", ", chunked", "chunked,", "chunk",
                ]
            )
            let name = pick(["Transfer-Encoding"], ["transfer-encoding", "Transfer-Encoding ", "Transfer_Encoding"])
            var fields = "\(name): \(coding)\r\n"
            if random.chance(7) { fields += fields }
            if random.chance(7) { fields += "Content-Length: \(random.below(20))\r\n" }
            return (fields, chunks())
        }
    }

    private mutating func chunks() -> [UInt8] {
        var text = ""
        for _ in 0..<random.below(3) {
            let count = 1 + random.below(20)
            let size = String(count, radix: 16)
            text += pick(
                [size],
                [
                    "0\(size)", size + ";a=b", size + " ", " " + size, "0x" + size, "+" + size, "-" + size, "",
                    size + "\t;a", size + ";", size + ";a=\"\r\n\"", size + ";a\n", "fffffffffffffffff",
                    size + ";\u{0}",
                    String(repeating: "0", count: 30) + size,
                ]
            )
            text += pick(["\r\n"], ["\n", "\r", "\r\r\n"]) + String(repeating: "y", count: count)
            text += pick(["\r\n"], ["\n", "", "\r", "z\r\n"])
        }
        text += pick(["0\r\n"], ["00\r\n", "0\n", "0;a\r\n", "", "0 \r\n", "0\r"])
        text += pick(
            ["\r\n"],
            ["X-A: b\r\n\r\n", "\n", "\r", "a\r\n\r\n", "Content-Length: 5\r\n\r\n", " x: y\r\n\r\n"]
        )
        return Array(text.utf8)
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let odd: [UInt8] = [0, 9, 10, 11, 13, 32, 34, 44, 48, 58, 59, 127, 128, 255, UInt8(random.below(256))]
        let (index, byte) = (random.below(bytes.count), odd[random.below(odd.count)])
        switch random.below(4) {
        case 0: bytes[index] = byte
        case 1: bytes.insert(byte, at: index)
        case 2: bytes.remove(at: index)
        default: bytes.insert(bytes[index], at: index)
        }
    }
}
