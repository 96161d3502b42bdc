import OAuthProtocol
import OAuthState
import SocketHTTP
import Testing

@testable import AuthorizationServer

@Suite("S-16: the number of a client's network")
struct NetworkNumberTests {
    private func network(_ address: String) throws -> SourceNetwork {
        let source = try #require(IPAddress(address))
        let now = Timestamp(millisecondsSinceEpoch: 0)
        return RequestContext(source: source, now: now, requestID: RequestID(number: 1)).network
    }

    @Test("an IPv6 site has one, which no other site and no IPv4 address has")
    func sites() throws {
        let site = try network("2001:db8:1::1")
        #expect(try network("2001:db8:1:ffff::2") == site)
        #expect(try network("2001:db8:2::1") != site)
        #expect(try network("::1") != network("0.0.0.0"))
    }

    @Test("each IPv4 address has its own, and none is that of an unknown network")
    func addresses() throws {
        let numbers = try (0..<512).map { try network("10.0.\($0 / 256).\($0 % 256)") }
        #expect(Set(numbers).count == 512)
        #expect(!numbers.contains(.unknown))
    }
}
