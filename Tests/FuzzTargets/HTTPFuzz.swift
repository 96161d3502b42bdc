import OAuthProtocol
import OpenSSLCrypto

@testable import AuthorizationServer
@testable import SocketHTTP

enum HTTPFuzz {
    /// RFC 9112: however the bytes are cut, the messages and their ends are the same (request smuggling).
    static func request(_ bytes: [UInt8]) -> String? {
        let whole = outcomes(bytes, cut: bytes.count)
        for cut in [1, 2, 7] where outcomes(bytes, cut: cut) != whole {
            return "pieces of \(cut) read as other messages"
        }
        return nil
    }

    private static func outcomes(_ bytes: [UInt8], cut: Int) -> [String] {
        var parser = RequestParser()
        var found: [String] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + max(cut, 1), bytes.count)
            parser.append(Array(bytes[start..<end]).span)
            start = end
            reading: while true {
                switch parser.next() {
                case .request(let request): found.append(text(request))
                case .needMore: break reading
                case .reject(let rejection): return found + ["\(rejection)"]
                }
            }
        }
        return found
    }

    private static func text(_ request: ParsedRequest) -> String {
        let values = ["host", "cookie", "content-type", "authorization"].map { request.fields.values(of: $0) }
        return
            "\(request.method) \(request.path)?\(request.query ?? "-") \(values) \(request.body) \(request.keepsAlive)"
    }

    /// RFC 6265 §5: cookies of a browser, ours and others'.
    ///
    /// The input is the field's value.
    static func cookies(_ bytes: [UInt8]) -> String? {
        let value = String(decoding: bytes.filter { $0 != 0x0D && $0 != 0x0A && $0 != 0 }, as: UTF8.self)
        var parser = RequestParser()
        let text = "GET / HTTP/1.1\r\nHost: a\r\nCookie: \(value)\r\n\r\n"
        guard case .request(let parsed) = parser.feed(Array(text.utf8).span) else { return nil }
        guard let issuer = try? Issuer("https://a.example") else { return "no issuer" }
        let request = Request(parsed, peer: .loopback, isTLS: true)
        let cookies = BrowserCookies(issuer: issuer)
        _ = cookies.browserBinding(request)
        _ = cookies.removingSurplusFlows(request)
        _ = cookies.removingSurplusConsents(request)
        _ = cookies.login(request)
        return nil
    }
}
