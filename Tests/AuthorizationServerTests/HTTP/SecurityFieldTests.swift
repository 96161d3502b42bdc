import AuthorizationServer
import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("Every answer forbids guessing its type, and that of an https issuer plain HTTP")
struct SecurityFieldTests {
    private static let requests = [
        "GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /oauth/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "OPTIONS /oauth/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "GET /oauth/authorize HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n",
    ]

    // Constants, because with a closure inside a macro and one beside it this compiler runs one of them twice.
    private static func count(of prefix: String, in head: [String]) -> Int {
        head.count { $0.hasPrefix(prefix) }
    }

    private static func check(isSecure: Bool, _ configure: (inout Configuration) throws -> Void) async throws {
        try await TestServer.run(configure: configure) { server in
            for request in requests {
                let answer = try RawExchange.run(request, at: server.server.addresses[0]).lowercased()
                let head = answer.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n")
                #expect(count(of: "x-content-type-options: nosniff", in: head) == 1, "\(request)")
                #expect(count(of: "strict-transport-security: max-age=", in: head) == (isSecure ? 1 : 0), "\(request)")
            }
        }
    }

    @Test("Info: JSON, errors, preflights, pages and refused requests of an https issuer have both fields, once")
    func secure() async throws {
        try await Self.check(isSecure: true) { $0.issuer = try Issuer("https://auth.example.com") }
    }

    @Test("Info: on loopback there is no TLS to insist on")
    func loopback() async throws {
        try await Self.check(isSecure: false) { _ in }
    }
}
