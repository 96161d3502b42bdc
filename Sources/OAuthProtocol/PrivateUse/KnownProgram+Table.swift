extension KnownProgram {
    /// The table, in the order of the page <doc:Clients>.
    ///
    /// An extension of an editor can be called from all of the editor's relatives, each with its own scheme.
    package static let all =
        [
            editor("Cursor", ["cursor", "cursor-nightly"]),
            editor("Visual Studio Code", ["vscode"]),
            editor("Visual Studio Code Insiders", ["vscode-insiders"]),
            editor("VSCodium", ["vscodium", "vscodium-insiders", "code-oss"]),
            KnownProgram("Windsurf", ["windsurf", "windsurf-next"], .exact(["codeium.windsurf"]), .any),
            editor("Windsurf", ["windsurf", "windsurf-next"]),
            editor("Antigravity", ["antigravity"]),
            editor("Kiro", ["kiro"]),
            editor("Trae", ["trae", "trae-cn"]),
            editor("Qoder", ["qoder"]),
            editor("Void", ["void"]),
            editor("Positron", ["positron"]),
            KnownProgram(
                "Warp",
                ["warp", "warppreview", "warpdev"],
                .exact(["mcp"]),
                .below("/oauth2callback"),
                addedParameter: "server_id"
            ),
            KnownProgram("Raycast", ["raycast"], .exact(["oauth"]), .any),
            KnownProgram("Claude", ["claude"], .exact(["claude.ai"]), .namingCallback),
            jetBrains,
        ] + programs.flatMap { [answering($0.name, $0.schemes), serving($0.name, $0.schemes)] }

    // Programs whose scheme has an authority for answers, or one for all that concerns MCP servers.
    private static let programs: [(name: String, schemes: [String])] = [
        ("Cursor", ["cursor"]), ("Windsurf", ["windsurf", "windsurf-next"]), ("Zed", ["zed"]), ("Claude", ["claude"]),
        ("Claude Code", ["claude-code"]), ("Goose", ["goose"]), ("LM Studio", ["lmstudio"]),
        ("JetBrains IDE", ["jetbrains"]), ("ChatGPT", ["chatgpt"]), ("Codex", ["codex"]),
        ("Cherry Studio", ["cherrystudio"]), ("ChatWise", ["chatwise"]), ("BoltAI", ["boltai"]), ("Msty", ["msty"]),
        ("Jan", ["jan"]), ("Witsy", ["witsy"]), ("5ire", ["app.5ire"]), ("Perplexity", ["perplexity"]),
        ("Postman", ["postman"]), ("MCPJam", ["mcpjam"]), ("Opencode", ["opencode"]),
        ("Visual Studio", ["vsweb", "visualstudio"]),
    ]

    private static func editor(_ name: String, _ schemes: [String]) -> KnownProgram {
        KnownProgram(name, schemes, .editorExtension, .namingCallback)
    }

    private static func answering(_ name: String, _ schemes: [String]) -> KnownProgram {
        KnownProgram(
            name,
            schemes,
            .exact([
                "oauth", "oauth2", "oauth-callback", "oauth_callback", "oauth2callback", "auth", "auth-callback",
                "callback", "mcp-oauth", "mcp-auth", "mcp-oauth-callback", "mcp-auth-callback", "mcp-callback",
            ]),
            .any
        )
    }

    private static func serving(_ name: String, _ schemes: [String]) -> KnownProgram {
        KnownProgram(name, schemes, .exact(["mcp"]), .namingCallback)
    }

    // The authority is the product; `/checkout/git` and others beside the callbacks are commands.
    private static let jetBrains = KnownProgram(
        "JetBrains IDE",
        ["jetbrains"],
        .exact([
            "idea", "pycharm", "webstorm", "web-storm", "phpstorm", "php-storm", "goland", "rider", "clion",
            "rubymine", "rustrover", "datagrip", "dataspell", "aqua", "air", "fleet", "gateway", "toolbox", "studio",
        ]),
        .namingCallback
    )
}
