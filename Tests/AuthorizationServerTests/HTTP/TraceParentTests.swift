import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@testable import AuthorizationServer

/// W3C Trace Context: the trace of a request, as a proxy names it.
@Suite("traceparent")
struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let header = "00-\(trace)-00f067aa0ba902b7-01"

    @Test("a header has its trace id, also of a later version with more parts")
    func accepted() {
        #expect(TraceParent(Self.header)?.traceID == Self.trace)
        #expect(TraceParent("cc-\(Self.trace)-00f067aa0ba902b7-01-what-comes")?.traceID == Self.trace)
    }

    @Test(
        "a malformed one is ignored",
        arguments: [
            "", "00", "ff-\(trace)-00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902b7-01-more",
            "00-\(trace.uppercased())-00f067aa0ba902b7-01", "00-\(trace)-0000000000000000-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-\(trace)\",\"x-00f067aa0ba902b7-01",
            "00-\(trace)-00f067aa0ba902b7-0", "00-\(trace)0-00f067aa0ba902b7-01",
        ]
    )
    func refused(header: String) {
        #expect(TraceParent(header) == nil)
    }

    @Test("is in the audit trail if a trusted proxy sent it, and not otherwise", arguments: [true, false])
    func trail(isTrusted: Bool) async throws {
        let proxies = isTrusted ? [AddressRange(.loopback, prefixLength: 8)] : []
        try await TestServer.run(configure: { $0.trustedProxies = proxies }) { (server) async throws in
            let answer = try await server.visitor.send(
                "POST",
                "/oauth/register",
                headerFields: [("content-type", "application/json"), ("traceparent", Self.header)],
                body: Array(#"{"redirect_uris":["http://127.0.0.1/cb"]}"#.utf8)
            )
            #expect(answer.status == 201)
            let line = server.auditLog.all.first { $0.contains("client.registered") } ?? ""
            #expect(line.contains(#""trace_id":"\#(Self.trace)""#) == isTrusted)
        }
    }
}
