import Testing

@Suite("The shipped program links what it runs, and no test harness")
struct DependencyClosureTests {
    @Test("the program's dependencies and theirs do not contain the harness")
    func program() throws {
        let dependencies = Self.dependencies(in: try #require(SourceTree.text("Package.swift")))
        let closure = Self.closure(of: "ServerCommand", in: dependencies)
        #expect(closure.isSuperset(of: ["AuthorizationServer", "OAuthClientKit", "OAuthState", "COpenSSL"]))
        #expect(!closure.contains("AuthorizationServerTesting"))
    }

    @Test("the program for one node is not linked with libpq; the one for several is")
    func database() throws {
        let dependencies = Self.dependencies(in: try #require(SourceTree.text("Package.swift")))
        #expect(Self.closure(of: "Gatehouse", in: dependencies).contains("AuthorizationServer"))
        #expect(!Self.closure(of: "Gatehouse", in: dependencies).contains("CPostgreSQL"))
        #expect(Self.closure(of: "GatehousePostgreSQL", in: dependencies).contains("CPostgreSQL"))
    }

    @Test("the harness, which is a product of its own, is in the manifest that was read")
    func harness() throws {
        let dependencies = Self.dependencies(in: try #require(SourceTree.text("Package.swift")))
        #expect(dependencies["AuthorizationServerTesting"]?.contains("AuthorizationServer") == true)
    }

    @Test("a harness two steps away is found")
    func canFail() {
        let manifest = """
            .executableTarget(name: "Program", dependencies: ["Library", .logging], swiftSettings: swiftSettings),
            .target(
                name: "Library",
                dependencies: [
                    "Harness",
                ]
            ),
            .target(name: "Harness", swiftSettings: swiftSettings),
            .target(name: "Other", dependencies: ["Program"]),
            """
        #expect(Self.closure(of: "Program", in: Self.dependencies(in: manifest)) == ["Library", "Harness"])
    }

    /// The targets of this package that each target depends on, by its name.
    private static func dependencies(in manifest: String) -> [String: Set<String>] {
        let target: Pattern = #"(?:arget|Library)\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]"#
        let name: Pattern = #""(\w+)""#
        var dependencies: [String: Set<String>] = [:]
        for match in target.matches(in: manifest) {
            dependencies[match.groups[1]] = Set(name.matches(in: match.groups[2]).map { $0.groups[1] })
        }
        return dependencies
    }

    private static func closure(of target: String, in dependencies: [String: Set<String>]) -> Set<String> {
        var reached: Set<String> = []
        var pending = [target]
        while let next = pending.popLast() {
            for dependency in dependencies[next] ?? [] where reached.insert(dependency).inserted {
                pending.append(dependency)
            }
        }
        return reached
    }
}
