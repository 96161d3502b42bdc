import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("What is missing differs from what does not comply")
struct ClaimVerdictTests {
    private static func claim(_ path: String, _ values: String...) -> ClaimRule {
        .claim(path, anyOf: values.map(ValuePattern.init))
    }

    private static let yes = claim("groups", "dev")
    private static let no = claim("groups", "admin")
    private static let missing = claim("department", "**")

    @Test(
        "a definite no outweighs what is unknown, and a definite yes outweighs it among alternatives",
        arguments: [
            (yes, .accepted), (no, .refused), (missing, .unknown), (.all([yes, missing]), .unknown),
            (.all([no, missing]), .refused), (.all([yes, yes]), .accepted), (.any([yes, missing]), .accepted),
            (.any([no, missing]), .unknown), (.any([no, no]), .refused), (.all([]), .accepted), (.any([]), .refused),
            (.all([.any([no, missing]), yes]), .unknown),
        ] as [(ClaimRule, ClaimVerdict)]
    )
    func verdicts(rule: ClaimRule, verdict: ClaimVerdict) {
        let claims: JSONObject = ["groups": ["dev", "ops"]]
        #expect(rule.verdict(on: claims) == verdict)
        // What accepts, complies; nothing else does.
        #expect(rule.accepts(claims) == (verdict == .accepted))
    }
}
