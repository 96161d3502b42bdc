import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 7519 §4: rules for the claims of another issuer's token")
struct ClaimRuleTests {
    @Test(
        "JB-9: one star keeps to its part of a name, two stars do not, and everything else is itself",
        arguments: [
            ("repo:corp/app:ref:refs/heads/main", "repo:corp/app:ref:refs/heads/main", true),
            ("repo:corp/*:ref:refs/heads/main", "repo:corp/app:ref:refs/heads/main", true),
            ("repo:corp/*:ref:refs/heads/main", "repo:corp/app:pull_request:ref:refs/heads/main", false),
            ("repo:corp/*", "repo:corp/app:ref:refs/heads/main", false),
            ("repo:corp/**", "repo:corp/app:ref:refs/heads/main", true),
            ("repo:corp/**", "repo:corporation/app", false), ("*", "", true), ("*", "a/b", false),
            ("**", "a/b:c", true),
            ("a*b*c", "abc", true), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false), ("a.c", "abc", false),
            ("", "", true), ("", "x", false), ("é*", "éa", true), ("***", "a/b", true), ("MAIN", "main", false),
        ]
    )
    func patterns(pattern: String, text: String, matches: Bool) {
        #expect(ValuePattern(pattern).matches(text) == matches)
    }

    @Test("JB-9: a pattern full of stars is decided in bounded time")
    func time() {
        let pattern = ValuePattern(String(repeating: "*a", count: 256))
        #expect(!pattern.matches(String(repeating: "a", count: 4000) + "b"))
    }

    private static let claims: JSONObject = [
        "repository": "corp/app", "run_attempt": 2, "enterprise": true, "groups": ["dev", "ops"], "nothing": .null,
        "kubernetes.io": ["namespace": "ci", "serviceaccount": ["name": "builder"]],
        "https://corp.example/tier": "gold",
        "object": [:],
    ]

    private static func claim(_ path: String, _ values: String...) -> ClaimRule {
        .claim(path, anyOf: values.map(ValuePattern.init))
    }

    @Test(
        "JB-9: exact value, list, nested path, and the combinators",
        arguments: [
            (claim("repository", "corp/app"), true), (claim("repository", "corp/other", "corp/app"), true),
            (claim("repository", "corp/other"), false), (claim("run_attempt", "2"), true),
            (claim("enterprise", "true"), true),
            (claim("groups", "ops"), true), (claim("groups", "admin"), false), (claim("nothing", "*"), false),
            (claim("kubernetes.io.namespace", "ci"), true),
            (claim("kubernetes.io.serviceaccount.name", "build*"), true),
            (claim("https://corp.example/tier", "gold"), true), (claim("missing", "**"), false),
            (claim("object", "**"), false),
            (.all([claim("groups", "dev"), claim("groups", "ops")]), true),
            (.all([claim("groups", "dev"), claim("groups", "admin")]), false),
            (.any([claim("groups", "admin"), claim("repository", "corp/app")]), true),
            (.any([claim("groups", "admin")]), false), (.any([]), false),
        ] as [(ClaimRule, Bool)]
    )
    func rules(rule: ClaimRule, accepts: Bool) {
        #expect(rule.accepts(Self.claims) == accepts)
    }
}
