import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("RFC 6749 §3.3: what was granted, in the provider's own names")
struct ScopeDialectTests {
    struct Case: Sendable {
        let preset: String
        let wanted: String
        let granted: String
        let missing: String
    }

    @Test(arguments: [
        Case(preset: "oidc", wanted: "read write", granted: "read", missing: "write"),
        Case(preset: "oidc", wanted: "openid read", granted: "read", missing: "openid"),
        Case(preset: "oidc", wanted: "read", granted: "READ", missing: "read"),
        Case(
            preset: "google",
            wanted: "openid email",
            granted: "openid https://www.googleapis.com/auth/userinfo.email",
            missing: ""
        ),
        Case(preset: "google", wanted: "profile", granted: "openid", missing: "profile"),
        Case(preset: "github", wanted: "read:user public_repo", granted: "user repo", missing: ""),
        Case(preset: "github", wanted: "read:org", granted: "admin:org", missing: ""),
        Case(preset: "github", wanted: "repo", granted: "public_repo", missing: "repo"),
        Case(
            preset: "entra",
            wanted: "openid offline_access https://graph.microsoft.com/User.Read",
            granted: "User.Read",
            missing: ""
        ),
        Case(
            preset: "entra",
            wanted: "https://graph.microsoft.com/Mail.Read",
            granted: "User.Read",
            missing: "https://graph.microsoft.com/Mail.Read"
        ),
    ])
    func missing(row: Case) throws {
        let dialect = try #require(UpstreamPreset.named(row.preset)).behaviour.scopeDialect
        let missing = dialect.missing(try ScopeSet(parsing: row.wanted), granted: try ScopeSet(parsing: row.granted))
        #expect(missing.text == row.missing)
    }
}
