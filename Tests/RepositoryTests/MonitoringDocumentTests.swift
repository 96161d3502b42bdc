import Testing

@Suite("What an operator watches is in Monitoring, and nothing else")
struct MonitoringDocumentTests {
    private static let document =
        SourceTree.text("Sources/AuthorizationServer/AuthorizationServer.docc/Monitoring.md") ?? ""

    /// What a regular expression's only group finds in some texts.
    private static func names(_ pattern: String, in texts: [String]) throws -> Set<String> {
        let pattern = try Regex(pattern, as: (Substring, Substring).self)
        return Set(texts.flatMap { $0.matches(of: pattern).map { String($0.1) } })
    }

    private static func sources(_ isWanted: (SourceTree.File) -> Bool) -> [String] {
        SourceTree.sources.filter { $0.target == "AuthorizationServer" && isWanted($0) }.map(\.text)
    }

    @Test("every metric, and no other")
    func metrics() throws {
        let sources = Self.sources { ["Metrics", "Management"].contains($0.components[2]) }
        let counted = try Self.names(#""(gatehouse_[a-z_]+)""#, in: sources)
        #expect(counted.count > 30)
        #expect(try Self.names(#"\| `(gatehouse_[a-z_]+)`"#, in: [Self.document]) == counted)
    }

    @Test("every audit event, and no other")
    func events() throws {
        // Most events are declared in files of their own; the rest where they are recorded.
        let declared = Self.sources { $0.name.hasPrefix("AuditEvent") }
        let recorded = try Self.names(#""([a-z_]+\.[a-z_]+)""#, in: declared)
            .union(Self.names(#"AuditEvent\(\s*"([a-z_]+\.[a-z_]+)""#, in: Self.sources { _ in true }))
        #expect(recorded.count > 20)
        let written = try Self.names(#"`([a-z_]+\.[a-z_]+)`"#, in: [Self.document])
        #expect(written.subtracting(["limits.connections", "audit.when_full"]) == recorded)
    }
}
