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

    @Test("a grant is named in its own file and in the list of grants, and nowhere else")
    func grantList() throws {
        let list = "Sources/AuthorizationServer/Token/GrantList.swift"
        let declaration = Pattern(#"\bstruct\s+(\w+)\s*:\s*Grant\b"#)
        let declarations = SourceTree.sources.flatMap { file in
            declaration.matches(in: file.code).map { (name: $0.groups[1], path: file.path) }
        }
        #expect(declarations.count >= 4)
        for (name, path) in declarations {
            let word = Pattern(#"\b\#(name)\b"#)
            let places = SourceTree.sources.filter { !word.matches(in: $0.code).isEmpty }.map(\.path)
            #expect(Set(places) == [path, list], "\(name)")
            #expect(path.hasSuffix("/Token/Grants/\(name).swift"))
        }
    }

    @Test("an endpoint is one line in one feature's list, and a feature names no other")
    func features() throws {
        let folder = "Sources/AuthorizationServer/"
        let sources = SourceTree.sources.filter { $0.path.hasPrefix(folder) }
        let declaration = Pattern(#"\b(?:struct|final class)\s+(\w+Endpoint)\s*:\s*Endpoint\b"#)
        let endpoints = sources.flatMap { declaration.matches(in: $0.code).map { $0.groups[1] } }
        #expect(endpoints.count >= 20)
        let lists = sources.filter { !Pattern(#"\bstruct\s+\w+\s*:\s*Feature\b"#).matches(in: $0.code).isEmpty }
        #expect(lists.count >= 6)
        let mounting = sources.filter { file in
            ["Feature.swift", "Endpoints.swift", "+Administration.swift"].contains { file.path.hasSuffix($0) }
        }
        for endpoint in endpoints {
            let made = Pattern(#"\b\#(endpoint)\s*\("#)
            #expect(mounting.reduce(0) { $0 + made.matches(in: $1.code).count } == 1, "\(endpoint)")
        }
        let features = lists.map { String($0.name.dropLast(".swift".count)) }
        for file in lists {
            let words = Set(file.code.split { !($0.isLetter || $0.isNumber) }.map(String.init))
            let others = Set(features).subtracting([String(file.name.dropLast(".swift".count))])
            #expect(words.isDisjoint(with: others), "\(file.path)")
        }
    }

    @Test("a path is written in one file, where its endpoint is declared")
    func paths() {
        let literal = Pattern(#""(/[a-z.-]+(?:/[^"\s]*)?)""#)
        let paths = SourceTree.sources.filter { $0.path.hasPrefix("Sources/AuthorizationServer/") }
            .flatMap { file in literal.matches(in: file.text).map { (path: $0.groups[1], file: file.path) } }
            .filter { found in
                ["/oauth/", "/connections", "/forward-auth", "/admin/", "/health/"].contains {
                    found.path.hasPrefix($0)
                }
            }
        #expect(paths.count >= 15)
        let places = Dictionary(grouping: paths, by: \.path).mapValues { Set($0.map(\.file)) }
        #expect(places.filter { $0.value.count > 1 }.isEmpty)
    }
}
