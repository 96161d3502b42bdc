import SocketHTTP
import Testing

/// Numbers that a seed repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

@Suite("The parser on any bytes, cut anywhere")
struct ParserPropertyTests {
    static let streams: [String] = [
        "GET /a?b HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello worldPOST /u HTTP/1.1\r\nHost: h\r\n"
            + "Content-Length: 2\r\n\r\nxyDELETE /v HTTP/1.1\r\nHost: h\r\n\r\nGET /rest HTT",
        "\r\nPOST /t HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n"
            + "T: u\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nPRI * HTTP/2.0\r\n\r\n",
        "POST /t HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc\r\nOPTIONS * HTTP/1.0\r\n\r\n",
    ]

    private static var all: [[UInt8]] {
        streams.map { Array($0.utf8) }
            + (RequestRefusalTests.smugglingCases + RequestRefusalTests.chunksCases + RequestRefusalTests.linesCases
            + RequestRefusalTests.fieldsCases).map { Array($0.text.utf8) }
    }

    @Test("split at every byte: the same requests and the same refusal")
    func splitAtEveryByte() {
        for stream in Self.all where stream.count < 2_000 {
            let whole = transcripts([stream])
            #expect(
                transcripts(stream.map { [$0] }) == whole,
                "byte by byte: \(String(decoding: stream, as: UTF8.self))"
            )
            for cut in 1..<stream.count {
                let halves = [Array(stream[..<cut]), Array(stream[cut...])]
                #expect(transcripts(halves) == whole, "cut at \(cut): \(String(decoding: stream, as: UTF8.self))")
            }
        }
    }

    @Test("long streams in random pieces: the same result", arguments: 0..<8)
    func randomPieces(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for stream in Self.all {
            #expect(transcripts(pieces(of: stream, using: &generator)) == transcripts([stream]))
        }
    }

    @Test("mutated requests never crash, and pieces never change what they come to", arguments: 0..<20)
    func mutations(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed) + 1_000)
        let seeds = Self.all.filter { $0.count < 1_000 }
        for _ in 0..<100 {
            guard var stream = seeds.randomElement(using: &generator) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&stream, using: &generator) }
            let whole = transcripts([stream])
            #expect(transcripts(pieces(of: stream, using: &generator)) == whole)
        }
    }

    @Test("random bytes are refused or waited for, never taken for a request")
    func noise() {
        var generator = SeededGenerator(seed: 7)
        for length in 0..<500 {
            let stream = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let found = transcripts([stream])
            #expect(found.count == 1)
        }
    }

    @Test("a pipeline of a thousand requests in one piece")
    func pipeline() {
        let one = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        let found = transcripts([Array(String(repeating: one, count: 1_000).utf8)])
        #expect(found.count == 1_001)
        #expect(found.last == .needMore)
    }

    private func pieces(of stream: [UInt8], using generator: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let longest = min(rest.count, [1, 7, 100, 5_000].randomElement(using: &generator) ?? 1)
            let count = Int.random(in: 1...longest, using: &generator)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private func mutate(_ stream: inout [UInt8], using generator: inout SeededGenerator) {
        let interesting: [UInt8] = [0, 9, 10, 13, 32, 35, 44, 47, 48, 58, 59, 64, 127, 128, 255]
        let index = Int.random(in: 0..<max(stream.count, 1), using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where !stream.isEmpty: stream[index] = interesting.randomElement(using: &generator) ?? 0
        case 1 where !stream.isEmpty: stream.remove(at: index)
        case 2: stream.insert(interesting.randomElement(using: &generator) ?? 0, at: min(index, stream.count))
        default: stream.insert(contentsOf: stream[min(index, stream.count)...].prefix(20), at: min(index, stream.count))
        }
    }
}
