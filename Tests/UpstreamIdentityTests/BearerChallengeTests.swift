import Testing

@testable import UpstreamIdentity

@Suite("RFC 9110 §11.6.1: challenges are read as they are written")
struct BearerChallengeTests {
    @Test("parameters of other schemes, malformed and over-long values are not ours")
    func rows() {
        let rows: [(values: [String], url: String?, scopes: [String]?)] = [
            (["Bearer"], nil, nil),
            (["bearer resource_metadata=https://a.example/m"], "https://a.example/m", nil),
            (
                ["Bearer scope=\"a  b\" , resource_metadata = \"https://a.example/\\m\""], "https://a.example/m",
                ["a", "b"]
            ),
            (["Digest resource_metadata=\"https://evil.example\", Bearer scope=\"a\""], nil, ["a"]),
            (
                ["Negotiate", "DPoP algs=\"ES256\", resource_metadata=\"https://a.example/m\""], "https://a.example/m",
                nil
            ),
            (["Bearer scope=\"a\", scope=\"b\""], nil, ["a"]),
            (["Bearer scope=\"a"], nil, nil),
        ]
        for row in rows {
            let challenge = BearerChallenge(row.values)
            #expect(challenge != nil, "\(row.values)")
            #expect(challenge?.metadataURL == row.url, "\(row.values)")
            #expect(challenge?.scopes == row.scopes, "\(row.values)")
        }
        for values in [[], ["Basic realm=\"x\""], ["Bearer " + String(repeating: "x", count: 5000)], [""], ["=,="]] {
            #expect(BearerChallenge(values) == nil, "\(values)")
        }
    }
}
