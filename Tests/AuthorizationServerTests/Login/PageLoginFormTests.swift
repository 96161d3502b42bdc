import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

@testable import AuthorizationServer

@Suite("A login of our own pages that is sealed in a browser has the form that earlier versions wrote")
struct PageLoginFormTests {
    private static let verifier = String(repeating: "v", count: 43)
    private static let expiry = StoreSample.now + .seconds(600)

    private static let link = ConnectLink(
        id: [1, 2, 3],
        userID: StoreSample.user(7),
        upstream: "github",
        account: "octocat",
        scopes: ScopeSet(["repo"]),
        expiry: expiry
    )

    /// The fields in their order, by hand: state, provider, verifier, nonce, expiry, purpose.
    private static func bytes(nonce: String?, _ purpose: (inout BinaryWriter) -> Void) -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.write(StoreSample.digest("state"))
        writer.write("corp")
        writer.write(verifier)
        writer.write(nonce) { $0.write($1) }
        writer.write(expiry)
        purpose(&writer)
        return writer.bytes
    }

    private static func login(nonce: String?, _ purpose: PageLogin.Purpose) throws -> PageLogin {
        PageLogin(
            state: StoreSample.digest("state"),
            leg: LoginLeg(upstream: "corp", verifier: try #require(CodeVerifier(verifier)), nonce: nonce),
            purpose: purpose,
            expiry: expiry
        )
    }

    private static func written(_ login: PageLogin) -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        login.write(to: &writer)
        return writer.bytes
    }

    @Test("with each purpose, with and without a nonce")
    func form() throws {
        let page = Self.bytes(nonce: "n") { $0.write(UInt8(0)) }
        let link = Self.bytes(nonce: nil) {
            $0.write(UInt8(1))
            $0.write("text")
        }
        let connect = Self.bytes(nonce: "n") {
            $0.write(UInt8(2))
            Self.link.write(to: &$0)
        }
        let pageLogin = try Self.login(nonce: "n", .connectionsPage)
        let linkLogin = try Self.login(nonce: nil, .connectLink("text"))
        let connectLogin = try Self.login(nonce: "n", .connect(Self.link))
        #expect(Self.written(pageLogin) == page)
        #expect(Self.written(linkLogin) == link)
        #expect(Self.written(connectLogin) == connect)
        for bytes in [page, link, connect] {
            var reader = BinaryReader(bytes)
            let read = try PageLogin(from: &reader)
            #expect(reader.isAtEnd)
            #expect(Self.written(read) == bytes)
        }
    }

    @Test("the claims that a provider demands follow the link, and only if there are any")
    func claims() throws {
        var link = Self.link
        link.claims = "{}"
        var writer = BinaryWriter(reserving: 256)
        Self.link.write(to: &writer)
        writer.write("{}")
        let login = try Self.login(nonce: "n", .connect(link))
        let (bytes, expected) = (Self.written(login), writer.bytes)
        #expect(Array(bytes.suffix(expected.count)) == expected)
        var reader = BinaryReader(bytes)
        guard case .connect(let read) = try PageLogin(from: &reader).purpose else {
            Issue.record("another purpose")
            return
        }
        #expect(read == link && reader.isAtEnd)
    }

    @Test("an unknown purpose is refused")
    func unknownPurpose() {
        let bytes = Self.bytes(nonce: nil) { $0.write(UInt8(3)) }
        #expect(throws: RecordError.self) {
            var reader = BinaryReader(bytes)
            _ = try PageLogin(from: &reader)
        }
    }
}
