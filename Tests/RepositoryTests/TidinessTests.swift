import Testing

@Suite("The tree is tidy")
struct TidinessTests {
    @Test("no file is longer than 400 lines")
    func fileLength() {
        let long = (SourceTree.sources + SourceTree.tests + SourceTree.benchmarks)
            .map { ($0.path, $0.lines.count - 1) }
            .filter { $0.1 > 400 }
        #expect(long.isEmpty)
    }

    @Test("nothing is left for later in the sources")
    func unfinished() {
        // Written apart, so that this file does not find itself when it moves.
        let words = [
            "TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "not " + "implemented", "un" + "implemented",
            "place" + "holder",
        ]
        let pattern = Pattern(#"\b(?:\#(words.joined(separator: "|")))\b"#)
        #expect(pattern.matches("// \(words[0]): later"))
        let findings = (SourceTree.sources + SourceTree.benchmarks).flatMap { file in
            pattern.matches(in: file.text).map { "\(file.path):\($0.line): \($0.groups[0])" }
        }
        #expect(findings.isEmpty)
    }

    @Test("no test is switched off and no check cannot fail")
    func disabledTests() {
        let findings = SourceTree.tests.filter { $0.target != "RepositoryTests" }
            .flatMap { $0.findings(#"\.disabled[(]|\bXCT[S]kip\b|\bwith[K]nownIssue\b|#expect[(]\s*true\s*\)"#) }
        #expect(findings.isEmpty)
    }

    @Test("git knows this tree")
    func hasPaths() {
        #expect(SourceTree.committedPaths.contains("Package.swift"))
        #expect(SourceTree.committedPaths.contains("Tests/RepositoryTests/TidinessTests.swift"))
    }

    @Test("no build output is committed")
    func buildOutput() {
        let output: Set<String> = [".build", "Package.resolved", ".venv", "__pycache__", ".swiftpm", "DerivedData"]
        let committed = SourceTree.committedPaths.filter { path in
            path.split(separator: "/").contains { output.contains(String($0)) || $0.hasPrefix(".build") }
                || path.hasSuffix(".o") || path.hasSuffix(".profraw")
        }
        #expect(committed.isEmpty)
    }

    @Test("no path of one machine is committed")
    func machinePaths() {
        let folders = [
            "wo" + "rk", "fa" + "rm", "ro" + "ot", "home/[a-z]+", "Users/[A-Za-z]+", "opt/sw" + "ift[a-z-]*",
        ]
        let pattern = Pattern("(?:^|[^A-Za-z0-9_.])/(?:\(folders.joined(separator: "|")))/")
        #expect(pattern.matches("cd /\(folders[0])/main"))
        let findings = SourceTree.committedPaths.flatMap { path in
            pattern.matches(in: SourceTree.text(path) ?? "").map { "\(path):\($0.line): \($0.groups[0])" }
        }
        #expect(findings.isEmpty)
    }

    @Test("grants do not know each other")
    func grantIsolation() {
        let grants = SourceTree.sources.filter {
            $0.path.contains("/Token/Grants/") && $0.name.hasSuffix("Grant.swift")
        }
        let names = Set(grants.map { String($0.name.dropLast(".swift".count)) })
        for file in grants {
            let others = names.subtracting([String(file.name.dropLast(".swift".count))])
            let words = Set(file.code.split { !($0.isLetter || $0.isNumber) }.map(String.init))
            #expect(words.isDisjoint(with: others), "\(file.path)")
        }
    }
}
