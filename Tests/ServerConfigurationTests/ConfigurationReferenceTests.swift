import Foundation
import Testing

@testable import ServerConfiguration

@Suite("The configuration reference")
struct ConfigurationReferenceTests {
    @Test("is the page that the declared keys make; `make reference` writes it")
    func isCurrent() throws {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = "Sources/AuthorizationServer/AuthorizationServer.docc/ConfigurationReference.md"
        let committed = try String(contentsOf: root.appending(path: page), encoding: .utf8)
        #expect(committed == ConfigurationReference.page + "\n")
    }

    @Test("has a row for each key that has a value, and no other")
    func isComplete() {
        let rows = ConfigurationReference.page.matches(of: /(?m)^\| `([^`]+)` \|/).map { String($0.1) }
        #expect(Set(rows).count == rows.count)
        let sections = Set(Configuration.keys.keys.map(\.name)).subtracting(rows)
        let secretKeys = ConfigurationKey.all.map(\.path).filter { $0.hasSuffix(".env") }.flatMap {
            [$0, $0.dropLast(3) + "file"]
        }
        #expect(Set(rows) == Set(ConfigurationKey.all.map(\.path)).subtracting(sections).subtracting(secretKeys))
        #expect(sections.isSuperset(of: ["listen", "tokens", "upstreams"]) && !sections.contains("issuer"))
    }

    @Test("says bounds, defaults and what is required")
    func rows() {
        let page = ConfigurationReference.page
        #expect(page.contains("| `tokens.access_token_lifetime` | duration, 1m to 24h | `1h` |"))
        #expect(page.contains("| `registration.metadata_document_bytes` | 1024 to 65536 | `5120` |"))
        #expect(page.contains("| `upstreams[].name` | lower-case letters, digits, inner hyphens | required |"))
        let scopes = "list of scopes, each a name or `{name, description}`"
        #expect(page.contains("| `scopes` | \(scopes) | `[openid, profile, email, offline_access]` |"))
    }
}
