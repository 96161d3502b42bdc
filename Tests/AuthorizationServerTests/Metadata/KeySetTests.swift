import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("RFC 7517: the published keys")
struct KeySetTests {
    private static let path = "/.well-known/jwks.json"

    @Test("MD-9: public keys with kid, use and alg, the next one among them, and nothing private")
    func keys() async throws {
        try await BrowserScene.run { scene in
            let answer = try await scene.client.send("GET", Self.path)
            #expect(answer.status == 200)
            #expect(answer.header("content-type") == "application/jwk-set+json")
            #expect(answer.header("cache-control") == "public, max-age=3600")
            #expect(answer.header("access-control-allow-origin") == "*")
            let keys = try #require(answer.json["keys"]?.arrayValue)
            #expect(keys.count >= 2)
            var ids: Set<String> = []
            for key in keys {
                let key = try #require(key.objectValue)
                ids.insert(try #require(key["kid"]?.stringValue))
                #expect(key["use"]?.stringValue == "sig")
                // The key for ID tokens is published beside the main one.
                let algorithm = try #require(key["alg"]?.stringValue)
                #expect(key["kty"]?.stringValue == ["ES256": "EC", "RS256": "RSA"][algorithm])
                for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] { #expect(key[secret] == nil) }
            }
            #expect(ids.count == keys.count)
        }
    }

    @Test("MD-9, RFC 9110 §13.1.2: a verifier that has the document gets 304 with what renews its copy")
    func notModified() async throws {
        try await BrowserScene.run { scene in
            let first = try await scene.browser.get(scene.server.issuer + Self.path)
            let tag = try #require(first.header("etag"))
            for value in [tag, "W/" + tag, "\"other\", \(tag)", "*"] {
                let page = try await scene.browser.get(
                    scene.server.issuer + Self.path,
                    headerFields: [("if-none-match", value)]
                )
                #expect(page.status == 304, "\(value)")
                #expect(page.text.isEmpty)
                #expect(page.header("etag") == tag)
                #expect(page.header("cache-control") == first.header("cache-control"))
                #expect(page.header("access-control-allow-origin") == "*")
            }
            for value in ["\"other\"", "x" + tag, tag.replacing("\"", with: ""), ""] {
                let page = try await scene.browser.get(
                    scene.server.issuer + Self.path,
                    headerFields: [("if-none-match", value)]
                )
                #expect(page.status == 200, "\(value)")
                #expect(page.text == first.text)
            }
        }
    }

    @Test("MD-9: after a rotation the tag is another, the announced key signs, and the old one is still published")
    func rotation() async throws {
        try await BrowserScene.run { scene in
            func document() async throws -> (tag: String?, ids: Set<String>) {
                let answer = try await scene.client.send("GET", Self.path)
                let keys = answer.json["keys"]?.arrayValue ?? []
                return (answer.header("etag"), Set(keys.compactMap { $0.objectValue?["kid"]?.stringValue }))
            }
            let before = try await document()
            let rotated = try await scene.client.send(
                "POST",
                scene.server.managementURL + "/admin/keys/rotate?force=true",
                headerFields: [("authorization", "Bearer admin-token-for-tests")]
            )
            let current = try #require(rotated["kid"])
            #expect(before.ids.contains(current))
            let after = try await document()
            #expect(after.tag != before.tag)
            #expect(after.ids.isSuperset(of: before.ids))
            let stale = try await scene.browser.get(
                scene.server.issuer + Self.path,
                headerFields: [("if-none-match", before.tag ?? "")]
            )
            #expect(stale.status == 200)
        }
    }
}
