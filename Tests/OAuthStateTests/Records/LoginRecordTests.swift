import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The rows of logins and codes, as stores outside this process keep them.
@Suite("Records: logins under way")
struct LoginRecordTests {
    private static func read<Row: RecordCodable>(_ row: Row) throws -> Row {
        var reader = BinaryReader(bytes(of: row))
        let read = try Row(from: &reader)
        #expect(reader.isAtEnd)
        return read
    }

    private static func bytes(of row: some RecordCodable) -> [UInt8] {
        var writer = BinaryWriter()
        row.write(to: &writer)
        return writer.bytes
    }

    private static func fullRequest() -> AuthorizationRequest {
        var request = StoreSample.request()
        request.prompts = ["login", "consent"]
        request.maximumAgeSeconds = 0
        request.loginHint = "ada@example.com"
        request.authenticationContexts = "acr"
        request.clientFingerprint = StoreSample.digest("fingerprint")
        request.device = DeviceRequest(deviceCode: StoreSample.digest("device"), userCode: "BCDF-GHJK")
        request.push = AuthorizationPush(id: StoreSample.digest("push"), expiry: StoreSample.now)
        request.declinedUpstreams = ["github"]
        request.boundKey = KeyThumbprint(digest: StoreSample.digest("key"))
        return request
    }

    private static func fullLogin() -> PendingLogin {
        var pending = StoreSample.pending()
        pending.request = fullRequest()
        pending.userID = StoreSample.user(3)
        pending.connections = [ConnectionID(value: 7), ConnectionID(value: 8)]
        pending.authenticatedAt = StoreSample.now
        pending.expectedUserID = StoreSample.user(4)
        pending.claims = ["email": "ada@example.com", "groups": ["a", "b"]]
        pending.source = SourceNetwork(number: .max)
        pending.withheldScopes = ScopeSet(["mcp:write"])
        var draft = StoreSample.draft(StoreSample.user(3), tokens: StoreSample.tokens("access", fields: "fields"))
        draft.accessTokenExpiry = StoreSample.now
        draft.providerSession = ProviderSession(id: "sid", sessionID: SessionID(value: 9))
        draft.acceptedClaims = [AcceptedClaim(claim: "hd", values: ["example.com"])]
        pending.leg = .unconfirmed(UnconfirmedLeg(draft: draft, claims: ["name": "Ada"]))
        return pending
    }

    private static let leg = LoginLeg(
        upstream: "github",
        verifier: CodeVerifier(random: SystemRandomSource()),
        nonce: "nonce"
    )

    private static func atProvider() -> PendingLogin {
        var pending = fullLogin()
        pending.leg = .atProvider(leg)
        return pending
    }

    private static func fullGrant() -> AuthorizationGrant {
        var grant = StoreSample.grant(issuesRefreshToken: false)
        grant.request = fullRequest()
        grant.claims = ["email": "ada@example.com"]
        grant.source = SourceNetwork(number: 5)
        return grant
    }

    @Test("a login is read as it was written, with everything and with nothing that may be absent")
    func logins() throws {
        #expect(try Self.read(Self.fullLogin()) == Self.fullLogin())
        #expect(try Self.read(Self.atProvider()) == Self.atProvider())
        #expect(try Self.read(StoreSample.pending()) == StoreSample.pending())
    }

    @Test("a grant is read as it was written, with everything and with nothing that may be absent")
    func grants() throws {
        #expect(try Self.read(Self.fullGrant()) == Self.fullGrant())
        let plain = StoreSample.grant(authenticatedAt: nil)
        #expect(try Self.read(plain) == plain)
    }

    private static func isReadable<Row: RecordCodable>(_: Row.Type, _ bytes: [UInt8]) -> Bool {
        var reader = BinaryReader(bytes)
        do throws(RecordError) {
            _ = try Row(from: &reader)
            return true
        } catch {
            return false
        }
    }

    @Test("a row that ends too early is an error")
    func truncated() {
        let (login, grant) = (Self.bytes(of: Self.fullLogin()), Self.bytes(of: Self.fullGrant()))
        for count in login.indices {
            #expect(!Self.isReadable(PendingLogin.self, Array(login[..<count])), "the first \(count) bytes")
        }
        for count in grant.indices {
            #expect(!Self.isReadable(AuthorizationGrant.self, Array(grant[..<count])), "the first \(count) bytes")
        }
    }

    private static func replacing(_ text: String, by byte: Character, in bytes: [UInt8]) throws -> [UInt8] {
        let text = Array(text.utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: text) })
        var changed = bytes
        changed[place] = try #require(byte.asciiValue)
        return changed
    }

    @Test("claims that are no JSON object, and a verifier that is none, are errors")
    func malformed() throws {
        var grant = StoreSample.grant()
        grant.claims = ["a": "b"]
        let claims = try Self.replacing(#"{"a":"b"}"#, by: "[", in: Self.bytes(of: grant))
        #expect(!Self.isReadable(AuthorizationGrant.self, claims))
        let verifier = try Self.replacing(Self.leg.verifier.value, by: " ", in: Self.bytes(of: Self.atProvider()))
        #expect(!Self.isReadable(PendingLogin.self, verifier))
    }
}
