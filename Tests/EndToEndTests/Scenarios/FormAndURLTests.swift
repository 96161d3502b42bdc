import Foundation
import OAuthProtocol
import Testing

extension EndToEndTests {
    /// A parameter or a host that two parsers read differently passes a check in one and is used by the other.
    ///
    /// Where they differ without danger, we refuse: broken escapes, which urllib leaves as they are; in URLs control
    /// bytes, white space, backslashes and bytes beyond ASCII, some of which urllib removes; ports beyond 65535. urllib
    /// does not tell an empty query or fragment from none, shows hosts in lower case, and addresses without brackets.
    @Suite("Our form and URI parsers beside Python's urllib")
    struct FormAndURLTests {
        private static let environment = ProcessInfo.processInfo.environment
        private static let count = environment["DIFFERENTIAL_STREAMS"].flatMap(Int.init) ?? 6000
        private static let seed = environment["DIFFERENTIAL_SEED"].flatMap(UInt64.init) ?? 20_261_130

        private struct Question: Encodable {
            var forms: [String] = []
            var urls: [String] = []
        }

        private struct Parts: Decodable, Equatable {
            var scheme: String
            var user: String
            var host: String
            /// −1 without one.
            var port: Int
            var path: String
            var query: String
            var fragment: String
        }

        private struct Answer: Decodable {
            let forms: [[[String]]?]
            let urls: [Parts?]
        }

        @Test("what we accept, urllib accepts with the same meaning; where we are stricter, the input is refused")
        func generated() async throws {
            var generator = FormsAndURLs(seed: Self.seed)
            let forms = (0..<Self.count).map { _ in generator.form() }
            let urls = (0..<Self.count).map { _ in generator.url() }
            let question = Question(forms: forms.map(ReadStream.hexadecimal), urls: urls)
            let answer = try await VirtualEnvironment.mcp2.run(
                "urls.py",
                input: try JSONEncoder().encode(question),
                as: Answer.self
            )
            try #require(answer.forms.count == forms.count && answer.urls.count == urls.count)
            let wrongForms = zip(forms, answer.forms).compactMap(Self.difference)
            #expect(wrongForms.isEmpty, "seed \(Self.seed): \(wrongForms.prefix(20).joined(separator: "\n"))")
            let wrongURLs = zip(urls, answer.urls).compactMap(Self.difference)
            #expect(wrongURLs.isEmpty, "seed \(Self.seed): \(wrongURLs.prefix(20).joined(separator: "\n"))")
            #expect(forms.count { (try? FormParameters(parsing: $0)) != nil } > Self.count / 10)  // refusals are usual
            #expect(urls.count { URIReference($0) != nil } > Self.count / 10)
        }

        private static func difference(_ bytes: [UInt8], _ theirs: [[String]]?) -> String? {
            guard let ours = try? FormParameters(parsing: bytes) else { return nil }  // refused: nothing can be misread
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            guard let theirs else { return "urllib refuses \(text)" }
            var names: [String] = []
            for pair in theirs where !names.contains(where: { $0.utf8.elementsEqual(pair[0].utf8) }) {
                names.append(pair[0])
            }
            guard ours.names.map({ Array($0.utf8) }) == names.map({ Array($0.utf8) }) else {
                return "the names of \(text) are \(ours.names), or \(names)"
            }
            for name in names {
                // An empty value is the same as none (RFC 6749 §3.1).
                let values = theirs.filter { $0[0].utf8.elementsEqual(name.utf8) && !$0[1].isEmpty }.map { $0[1] }
                guard ours.values(name).map({ Array($0.utf8) }) == values.map({ Array($0.utf8) }) else {
                    return "the values of \(name) in \(text) are \(ours.values(name)), or \(values)"
                }
            }
            return nil
        }

        private static func difference(_ text: String, _ theirs: Parts?) -> String? {
            guard let ours = URIReference(text) else { return nil }
            guard let theirs else { return "urllib refuses \(text.debugDescription)" }
            var host = ours.host?.lowercased() ?? ""
            // urllib shows an address without its brackets.
            if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
            let parts = Parts(
                scheme: ours.scheme,
                user: ours.userInformation ?? "",
                host: host,
                port: ours.port.map(Int.init) ?? -1,
                path: ours.path,
                // urllib does not tell an empty query or fragment from none.
                query: ours.query ?? "",
                fragment: ours.fragment ?? ""
            )
            return parts == theirs ? nil : "\(text.debugDescription) is \(parts), or \(theirs)"
        }
    }
}
