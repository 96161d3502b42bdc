import Testing

/// A task outside any task group outlives what started it: unless it has an owner, nothing waits for it at a shutdown.
@Suite("Unstructured tasks have an owner")
struct TaskOwnerTests {
    private static let pattern: Pattern = #"\bTask(?:\.detached)?\s*(?:<[^>{}]*>)?\s*(?:\([^(){}]*\))?\s*\{"#

    /// Where a task may be started, and what waits for it.
    private static let allowed = [
        // The owner, which the shutdown settles.
        "Sources/AuthorizationServer/Background/BackgroundWork.swift",
        // A computation that waits for nothing; the one who gave it takes its result.
        "Sources/OAuthState/Stores/OrderedWork.swift",
        // A connection, which the drain of its server waits for.
        "Sources/SocketHTTP/Server/ServerShard.swift",
        // A request to a provider that serves all waiting callers; the transport bounds it, and work whose result must
        // be kept waits for it inside a task of the owner.
        "Sources/Foundations/Concurrency/SingleFlight.swift",
        // The same in the verifier for other servers, whose closure bounds the request; its result is only a copy.
        "Sources/GatehouseVerifier/KeySource.swift",
        // The end of a listener of the development provider, which that provider's shutdown waits for.
        "Sources/DevelopmentIdentityProvider/Server/ConnectionControl.swift",
    ]

    @Test("in the owner and these few places, and nowhere else")
    func tasks() {
        let findings = SourceTree.sources.flatMap { $0.findings(Self.pattern) }
        #expect(Set(findings.map(\.path)) == Set(Self.allowed))
        #expect(findings.count == Self.allowed.count)
    }

    @Test(
        "every way to write one is found",
        arguments: [
            "Task { await f() }", "Task.detached { f() }", "Task(priority: .low) { f() }",
            "Task(executorPreference: loop) { f() }", "let t = Task<Void, Never> { f() }",
            "Task.detached(priority: .low) {",
        ]
    )
    func found(_ text: String) {
        #expect(Self.pattern.matches(text))
    }

    @Test(
        "what is no start of a task is not found",
        arguments: [
            "group.addTask { f() }", "withTaskGroup { f() }", "if let task: Task<Void, Never> = t {", "Task.yield()",
        ]
    )
    func kept(_ text: String) {
        #expect(!Self.pattern.matches(text))
    }
}
