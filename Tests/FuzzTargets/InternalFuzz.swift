// Readers that only their own targets can call: an optimized build has no access to them, and no use for fuzzing.
#if DEBUG
@testable import AuthorizationServer
@testable import DurableLog
import OAuthProtocol
@testable import SocketHTTP

enum InternalFuzz {
    static let targets = [
        FuzzTarget(name: "cookies", examine: cookies), FuzzTarget(name: "journal-segment", examine: segment),
    ]

    /// RFC 6265 §5: cookies of a browser, ours and others'.
    ///
    /// The input is the field's value.
    static func cookies(_ bytes: [UInt8]) -> String? {
        let value = String(decoding: bytes.filter { $0 != 0x0D && $0 != 0x0A && $0 != 0 }, as: UTF8.self)
        var parser = RequestParser()
        let text = "GET / HTTP/1.1\r\nHost: a\r\nCookie: \(value)\r\n\r\n"
        guard case .request(let parsed) = parser.feed(Array(text.utf8).span) else { return nil }
        guard let issuer = try? Issuer("https://a.example") else { return "no issuer" }
        let request = Request(parsed, peer: .loopback, isTLS: true, user: nil)
        let cookies = BrowserCookies(issuer: issuer)
        _ = cookies.browserBinding(request)
        _ = cookies.removingSurplusFlows(request)
        _ = cookies.removingSurplusConsents(request)
        _ = cookies.login(request)
        return nil
    }

    /// A segment ends at the first bytes that are not its records, and never has more records than bytes.
    static func segment(_ bytes: [UInt8]) -> String? {
        guard let key = try? StorageKey(bytes: (0..<32).map { $0 + 1 }),
            var reader = try? SegmentReader(segment: bytes, key: key, file: "fuzz")
        else { return nil }
        for _ in 0...bytes.count {
            switch reader.next() {
            case .record: continue
            case .end, .torn, .damage: return nil
            }
        }
        return "a segment without an end"
    }
}
#else
enum InternalFuzz {
    static let targets: [FuzzTarget] = []
}
#endif
