import OAuthProtocol
import Testing

/// RFC 8252 §7.1: private-use callbacks of known programs, and the operator's patterns.
@Suite("RFC 8252 §7.1: callbacks of known programs")
struct KnownProgramTests {
    private static let known = RedirectURI.Policy(acceptsKnownPrograms: true)

    private func refusal(
        _ text: String,
        policy: RedirectURI.Policy = known,
        isWeb: Bool = false
    ) -> String? {
        do {
            try RedirectURI.validateForRegistration(text, policy: policy, isWebApplication: isWeb)
            return nil
        } catch {
            return error.reason
        }
    }

    static let accepted = [
        ("cursor://anysphere.cursor-mcp/oauth/callback", "Cursor"),
        ("cursor://anysphere.cursor-mcp/oauth/user-3fa9/callback", "Cursor"),
        ("cursor://anysphere.cursor-retrieval/oauth/callback", "Cursor"),
        ("cursor://saoudrizwan.claude-dev/mcp-auth/callback/0a1b2c", "Cursor"),
        ("vscode://saoudrizwan.claude-dev/mcp-auth/callback/5f2d9c0e7a", "Visual Studio Code"),
        ("vscode://rooveterinaryinc.roo-cline/mcp-auth/callback/5f2d", "Visual Studio Code"),
        ("vscode://GitHub.copilot-chat/oauth/callback", "Visual Studio Code"),
        ("vscode://vscode.github-authentication/did-authenticate", "Visual Studio Code"),
        ("vscode://kilocode.kilo-code/auth?windowId=3", "Visual Studio Code"),
        ("vscode-insiders://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "Visual Studio Code Insiders"),
        ("vscodium://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "VSCodium"),
        ("code-oss://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "VSCodium"),
        ("windsurf://codeium.windsurf/oauth/callback", "Windsurf"), ("windsurf://codeium.windsurf", "Windsurf"),
        ("windsurf-next://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "Windsurf"),
        ("windsurf://oauth/callback", "Windsurf"), ("kiro://kiro.kiro-agent/authenticate-success", "Kiro"),
        ("trae://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "Trae"),
        ("antigravity://saoudrizwan.claude-dev/mcp-auth/callback/5f2d", "Antigravity"),
        ("warp://mcp/oauth2callback", "Warp"), ("warppreview://mcp/oauth2callback", "Warp"),
        ("warp://mcp/oauth2callback?server_id=65aebdca-613a-4b60-97d3-92548673bd03", "Warp"),
        ("raycast://oauth?package_name=mcp_server_dust_(dev)", "Raycast"), ("raycast://oauth", "Raycast"),
        ("zed://mcp/oauth/callback", "Zed"), ("zed://mcp/auth/callback", "Zed"), ("zed://oauth/callback", "Zed"),
        ("claude://claude.ai/mcp-auth-callback/sdk", "Claude"), ("claude://oauth/callback", "Claude"),
        ("goose://oauth/callback", "Goose"), ("goose://mcp/oauth/callback", "Goose"),
        ("lmstudio://mcp/oauth/callback", "LM Studio"), ("lmstudio://oauth-callback", "LM Studio"),
        ("jetbrains://idea/mcp/oauth/callback", "JetBrains IDE"),
        ("jetbrains://pycharm/oauth/callback", "JetBrains IDE"),
        ("jetbrains://oauth/callback", "JetBrains IDE"),
    ]

    @Test("C-1: what known programs register is accepted, and the program is named", arguments: accepted)
    func programs(redirectURI: String, name: String) throws {
        #expect(refusal(redirectURI) == nil)
        #expect(KnownProgram.receiving(redirectURI)?.name == name)
        // The table can be switched off, and a web application has https only (CR-5).
        #expect(refusal(redirectURI, policy: .init()) != nil)
        #expect(refusal(redirectURI, isWeb: true) != nil)
    }

    @Test(
        "C-1: look-alikes, bare schemes, other addresses of a known scheme and schemes that run are refused",
        arguments: [
            // Bare schemes, and authorities without an owner.
            "cursor:", "cursor://", "vscode://", "vscode:/oauth/callback", "warp:", "raycast:oauth",
            "claude:///callback",
            "vscode://oauth/callback", "vscode://evil/mcp-auth/callback/x", "vscode://.b/oauth/callback",
            "vscode://a./oauth/callback", "vscode://a.b.c/oauth/callback", "vscode://a..b/oauth/callback",
            "vscode://-a.b/oauth/callback", "vscode://a_b.c/oauth/callback",
            // Look-alikes of a scheme.
            "vscodes://saoudrizwan.claude-dev/mcp-auth/callback/x", "vscode-insider://a.b/oauth/callback",
            "VSCODE://saoudrizwan.claude-dev/mcp-auth/callback/x", "curs0r://anysphere.cursor-mcp/oauth/callback",
            "xcursor://anysphere.cursor-mcp/oauth/callback", "warp2://mcp/oauth2callback",
            "warp-mcp://mcp/oauth2callback",
            // Look-alikes of an authority.
            "warp://mcp.evil/oauth2callback", "warp://MCP/oauth2callback", "raycast://oauth.evil", "raycast://xoauth",
            "claude://claude.ai.evil/mcp-auth-callback/sdk", "claude://evil/mcp-auth-callback/sdk",
            "zed://evil/oauth/callback", "jetbrains://evil/oauth/callback", "warp://mcp:80/oauth2callback",
            "warp://mcp@evil/oauth2callback", "warp://user@mcp/oauth2callback",
            // Commands of the same program.
            "cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=e30",
            "vscode://ms.remote/cloneInVolume?url=x",
            "vscode://file/etc/passwd", "vscode://a.b", "vscode://a.b/", "warp://mcp/other", "warp://action/new_tab",
            "warp://mcp/oauth2callbackevil", "raycast://extensions/oauth/callback", "zed://file/etc/passwd",
            "zed://mcp/install", "goose://extension?cmd=rm", "goose://mcp", "lmstudio://add_mcp?config=e30",
            "claude://claude.ai/new?q=x", "jetbrains://idea/checkout/git?checkout.repo=x",
            // Paths that a program could resolve into others.
            "vscode://a.b/oauth/../open", "vscode://a.b/oauth/%2e%2e/open", "vscode://a.b//oauth/callback",
            "warp://mcp/oauth2callback/../x", "warp://mcp/oauth2callback/%2fx",
            // AZ-14, D-7: an answer's own parameters, and fragments.
            "warp://mcp/oauth2callback?code=1", "vscode://a.b/oauth/callback?state=x", "raycast://oauth?iss=x",
            "windsurf://codeium.windsurf#x", "vscode://a.b/oauth/callback#x",
            // D-5, D-3: schemes that run or show, and http that is not loopback.
            "javascript://oauth/callback", "javascript:alert(1)", "data://oauth/callback", "file://mcp/oauth/callback",
            "blob:https://a.b/oauth/callback", "vbscript://oauth/callback", "intent://oauth/callback",
            "view-source://oauth/callback", "chrome-extension://abc.def/oauth/callback", "about://oauth/callback",
            "http://mcp.example/oauth/callback", "http://127.0.0.1.evil/oauth/callback",
            "http://10.0.0.7/oauth/callback",
            "myapp://oauth/callback", "myapp:",
        ]
    )
    func refused(redirectURI: String) {
        #expect(refusal(redirectURI) != nil)
        #expect(KnownProgram.receiving(redirectURI) == nil || redirectURI.contains("="))
    }

    @Test("C-1: Warp adds its server's id to the registered callback; nothing else is tolerated")
    func addedParameter() {
        let registered = "warp://mcp/oauth2callback"
        func matches(_ requested: String, _ registered: String = registered) -> Bool {
            KnownProgram.matches(requested: requested, registered: registered)
        }
        #expect(matches(registered + "?server_id=65aebdca-613a-4b60-97d3-92548673bd03"))
        for other in [
            "?server_id=", "?server_id", "?other=1", "?server_id=a&code=1", "?server_id=a%26code%3d1", "?server_id=a#x",
            "/?server_id=a", "?Server_id=a", "?x=1&server_id=a", "?server_id=a?b", "?server_id=a/../b",
            "?server_id=" + String(repeating: "a", count: 129),
        ] {
            #expect(!matches(registered + other), "\(other)")
        }
        #expect(!matches("warp://mcp/oauth2callback/x?server_id=a"))
        #expect(!matches("warp://mcp/oauth2callback?server_id=b", "warp://mcp/oauth2callback?server_id=a"))
        for others in ["https://c/cb", "http://127.0.0.1/cb", "cursor://anysphere.cursor-mcp/oauth/callback"] {
            #expect(!matches(others + "?server_id=a", others))
        }
        // The rule of RFC 8252 §7.3 is as strict as before.
        #expect(!RedirectURI.matches(requested: registered + "?server_id=a", registered: registered))
    }

    @Test("C-1: an operator's pattern fixes a scheme, an authority and a path; what is below it is accepted")
    func patterns() throws {
        let policy = RedirectURI.Policy(allowedPatterns: [
            try PrivateUsePattern("acme://login/oauth/*"), try PrivateUsePattern("tool:/cb/*"),
        ])
        for accepted in [
            "acme://login/oauth/callback", "acme://login/oauth/callback/7?x=1", "acme://login/oauth/a.b", "tool:/cb/1",
        ] {
            #expect(refusal(accepted, policy: policy) == nil, "\(accepted)")
        }
        for refused in [
            "acme://login/oauth", "acme://login/oauth/", "acme://login/oauthx/callback", "acme://evil/oauth/callback",
            "acme2://login/oauth/callback", "ACME://login/oauth/callback", "acme://login/oauth/../admin",
            "acme://login/oauth/%2e%2e/admin", "acme://login/oauth/a%2fb", "acme://x@login/oauth/cb",
            "acme://login/oauth/cb#x", "acme://login/oauth/cb?code=1", "acme://login/oauth/*", "acme:", "tool:/cbx/1",
        ] {
            #expect(refusal(refused, policy: policy) != nil, "\(refused)")
        }
        #expect(refusal("acme://login/oauth/callback", policy: policy, isWeb: true) != nil)
    }

    @Test(
        "C-1: a pattern that allows a whole scheme, or a scheme that runs, is no pattern",
        arguments: [
            "acme:*", "acme:/*", "acme://*", "acme:///*", "acme://login*", "acme://*/oauth", "acme://lo*gin/*", "*",
            "/*",
            "acme://login/*/cb/*", "acme://login/oauth/**", "javascript:/x/*", "javascript://login/*", "data://x/*",
            "file:///etc/*", "acme://u@login/*", "acme://login/a?b/*", "acme://login/a#b/*", "acme://login/../*",
        ]
    )
    func patternRefusals(text: String) {
        #expect(throws: RedirectURI.Refusal.self) { try PrivateUsePattern(text) }
    }
}
