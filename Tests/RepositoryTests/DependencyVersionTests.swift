import Testing

@Suite("Two builds of one commit contain the same code")
struct DependencyVersionTests {
    /// The packages that our dependencies depend on.
    private static let indirect = ["swift-async-algorithms", "swift-numerics"]

    @Test("S-24: every package has one exact version, those that only other packages use included")
    func exact() throws {
        let manifest = try #require(SourceTree.text("Package.swift"))
        #expect(Self.floating(in: manifest).isEmpty)
        #expect(Pattern(#"\.package\(url:"#).matches(in: manifest).count >= 8)
        for name in Self.indirect { #expect(manifest.contains("/\(name)")) }
    }

    @Test("S-24: a range of versions, a branch and a fork's path are found")
    func canFail() {
        for requirement in [
            #"from: "1.0.0""#, #"branch: "main""#, #""1.0.0"..<"2.0.0""#, #".upToNextMinor(from: "1.0.0")"#,
        ] {
            #expect(Self.floating(in: #".package(url: "https://a.example/b", \#(requirement)),"#).count == 1)
        }
        #expect(Self.floating(in: #".package(url: "https://a.example/b", exact: "1.0.0"),"#).isEmpty)
    }

    private static func floating(in manifest: String) -> [String] {
        manifest.split(separator: "\n").map(String.init).filter { line in
            line.contains(".package(") && !Pattern(#"\.package\(url: "[^"]+", exact: "[0-9.]+"\)"#).matches(line)
        }
    }
}
