import Testing

@Suite("Unsafe code has its place and its proof")
struct UnsafeCodeTests {
    /// The floors that talk to the system.
    private static let allowed: Set<String> = [
        "CLinux", "COpenSSL", "CZlib", "CCurl", "CJemalloc", "CPostgreSQL", "Foundations", "OpenSSLCrypto",
        "SocketHTTP", "OutboundHTTP", "DurableLog", "PostgreSQLClient", "CYAML", "YAMLText",
    ]

    @Test("the word unsafe, @unchecked Sendable and nonisolated(unsafe) live on the lowest floors only")
    func place() {
        let findings = SourceTree.sources.filter { !Self.allowed.contains($0.target) }
            .flatMap { $0.findings(#"\bunsafe\b|@unchecked\b"#) }
        #expect(findings.isEmpty)
    }

    @Test("every promise that the compiler cannot check says why it holds")
    func proof() {
        let findings = (SourceTree.sources + SourceTree.tests + SourceTree.benchmarks).flatMap(Self.unproven)
        #expect(findings.isEmpty)
    }

    @Test("and the rule can be broken")
    func canFail() {
        let bare = SourceTree.File(path: "x.swift", text: "final class A: @unchecked Sendable {}")
        #expect(Self.unproven(bare).count == 1)
        let proven = SourceTree.File(
            path: "x.swift",
            text: "// SAFETY: immutable.\nfinal class A: @unchecked Sendable {}"
        )
        #expect(Self.unproven(proven).isEmpty)
    }

    private static func unproven(_ file: SourceTree.File) -> [Finding] {
        let lines = file.lines
        return file.findings(#"@unchecked\s+Sendable|nonisolated\(unsafe\)"#).filter { finding in
            !lines[max(0, finding.line - 5)..<finding.line].contains { $0.contains("SAFETY:") }
        }
    }
}
