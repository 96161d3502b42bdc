import OAuthProtocol
import Testing

@Suite("Scopes that the operator took away are not granted again")
struct RemainingScopeTests {
    private static let policy = ScopePolicy(supported: ScopeSet(["openid", "offline_access", "a", "b"]))

    private static func remaining(_ granted: [String], of resource: [String]) throws(OAuthError) -> ScopeSet {
        try policy.remaining(
            of: ScopeSet(granted),
            resource: ProtectedResource(
                uri: "https://mcp.example",
                scopes: ScopeSet(resource),
                upstreams: [],
                clientID: nil
            ),
            client: Client(
                id: "c",
                kind: .dynamic,
                redirectURIs: [],
                grantTypes: [.refreshToken],
                authenticationMethods: [.none],
                issuedAt: Timestamp(secondsSinceEpoch: 1)
            )
        )
    }

    @Test("Info: a live session keeps what its resource still has, and identity scopes")
    func narrowed() throws {
        #expect(try Self.remaining(["openid", "a", "b"], of: ["a", "b"]) == ScopeSet(["openid", "a", "b"]))
        #expect(try Self.remaining(["openid", "a", "b"], of: ["b", "c"]) == ScopeSet(["openid", "b"]))
        #expect(try Self.remaining([], of: ["b"]).isEmpty)
    }

    @Test("Info: and is asked again when nothing is left")
    func nothingLeft() throws {
        #expect {
            _ = try Self.remaining(["a"], of: ["b"])
        } throws: { error in
            (error as? OAuthError)?.code == .invalidScope
        }
    }
}
