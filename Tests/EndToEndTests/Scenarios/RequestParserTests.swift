import Foundation
import Testing

extension EndToEndTests {
    /// Requests whose ends two servers see at different places let one user's request become part of another's.
    ///
    /// Where they differ without danger: we refuse more than both (an end of line without CR, white space before a
    /// colon, folded fields, repeated or listed lengths, any transfer coding but `chunked`, both framings at once,
    /// NUL in a value); llhttp refuses methods that it does not know and HTTP/1.2, which RFC 9110 §9.1 and RFC 9112
    /// §2.3 leave to the server; h11 refuses an empty line before a request, which servers should skip (RFC 9112
    /// §2.2).
    @Suite("Our HTTP/1.1 parser beside llhttp and h11")
    struct RequestParserTests {
        private static let environment = ProcessInfo.processInfo.environment
        private static let streamCount = environment["DIFFERENTIAL_STREAMS"].flatMap(Int.init) ?? 6000
        private static let seed = environment["DIFFERENTIAL_SEED"].flatMap(UInt64.init) ?? 20_261_130

        @Test("never accepts what both refuse, and never sees another boundary or body: generated requests")
        func generated() async throws {
            var generator = RequestStreams(seed: Self.seed)
            let streams = (0..<Self.streamCount).map { _ in generator.next() }
            let (accepted, dangers) = try await Self.compare(streams)
            #expect(dangers.isEmpty, "seed \(Self.seed): \(dangers.prefix(20).joined(separator: "\n"))")
            // Requests that no parser accepts show nothing.
            #expect(accepted > Self.streamCount / 5)
        }

        @Test("the same of the recorded requests of the fuzzing corpus, and of each of their beginnings")
        func recorded() async throws {
            let folder = SourceFolder.package.appending(path: "Tests/FuzzTests/Corpus/http-request")
            var streams: [RequestStreams.Stream] = []
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() {
                let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
                streams +=
                    (0...bytes.count).map { .init(bytes: Array(bytes.prefix($0))) } + [.init(bytes: bytes + bytes)]
            }
            let (_, dangers) = try await Self.compare(streams)
            #expect(dangers.isEmpty, "\(dangers.prefix(20).joined(separator: "\n"))")
        }

        @Test("a parser that sees another end or accepts what all refuse is found")
        func finds() {
            let (get, post) = (Self.read("GET", "/"), Self.read("POST", "/", body: "00"))
            let refused = ReadStream(end: .refused)
            let both = Self.read("POST", "/", body: "0000")
            #expect(get.danger(beside: ["a": get, "b": get]) == nil)
            #expect(get.danger(beside: ["a": refused, "b": get]) == nil)
            #expect(
                get.danger(beside: ["a": refused, "b": refused]) == "message 0 is accepted, and all others refuse it"
            )
            #expect(post.danger(beside: ["a": both, "b": refused]) == "message 0 has another body for a")
            #expect(
                get.danger(beside: ["a": Self.read("GET", "/x"), "b": get]) == "message 0 has another target for a"
            )
            #expect(get.danger(beside: ["a": post, "b": get]) == "message 0 has another body for a")
            #expect(
                get.danger(beside: ["a": ReadStream(), "b": get]) == "message 0 is complete, and a waits for more of it"
            )
            #expect(
                ReadStream().danger(beside: ["a": get, "b": refused])
                    == "message 0 is complete for a, and we wait for more of it"
            )
        }

        private static func read(_ method: String, _ target: String, body: String = "") -> ReadStream {
            ReadStream(messages: [.init(method: method, target: target, body: body)])
        }

        /// How many streams have a request that we accept, and every difference that is dangerous and not known.
        private static func compare(
            _ streams: [RequestStreams.Stream]
        ) async throws -> (accepted: Int, dangers: [String]) {
            let input = try JSONEncoder().encode(streams.map { ReadStream.hexadecimal($0.bytes) })
            async let llhttp = NodeScript.run("http_messages.js", input: input, as: [ReadStream].self)
            async let h11 = VirtualEnvironment.mcp2.run("http_messages.py", input: input, as: [ReadStream].self)
            let (node, python) = (try await llhttp, try await h11)
            try #require(node.count == streams.count && python.count == streams.count)
            var accepted = 0
            var dangers: [String] = []
            for (number, stream) in streams.enumerated() {
                let ours = ReadStream.ours(stream.bytes)
                if !ours.messages.isEmpty { accepted += 1 }
                let danger = ours.danger(
                    beside: ["llhttp": node[number], "h11": python[number]],
                    countsRefusals: !stream.hasEmptyLine
                )
                guard let danger else { continue }
                dangers.append("\(danger): \(String(decoding: stream.bytes, as: UTF8.self).debugDescription)")
            }
            return (accepted, dangers)
        }
    }
}
