package import OAuthState

/// What an implementation of a store protocol got wrong.
package struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken, with the ids of the requirements behind it.
    package let rule: String
    /// What was seen instead.
    package let deviation: String

    /// The rule and the deviation in one line.
    package var description: String { "\(rule): \(deviation)" }
}

/// Makes an empty store with these settings; called once or more by every rule.
package typealias StoreFactory<Store> = @Sendable (StoreSettings) async throws -> Store

/// One rule that every implementation of a store protocol must keep, as a check that can be run against any.
package struct ConformanceRule<Store: Sendable>: Sendable, CustomStringConvertible {
    /// What the rule says, with the ids of the requirements behind it.
    package let title: String
    private let body: @Sendable (StoreFactory<Store>) async throws -> Void

    init(_ title: String, _ body: @escaping @Sendable (StoreFactory<Store>) async throws -> Void) {
        self.title = title
        self.body = body
    }

    /// The rule's title.
    package var description: String { title }

    /// Checks stores of this factory.
    ///
    /// - Throws: ``ConformanceFailure`` when the rule is broken, or what the factory throws.
    package func check(_ makeStore: StoreFactory<Store>) async throws {
        do {
            try await body(makeStore)
        } catch let deviation as Deviation {
            throw ConformanceFailure(rule: title, deviation: deviation.text)
        }
    }
}

/// What a check saw and did not expect.
struct Deviation: Error {
    let text: String
}

func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    guard condition else { throw Deviation(text: text()) }
}

func requireEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
    guard found == expected else { throw Deviation(text: "\(what()) is \(found), not \(expected)") }
}

/// Runs the body in many tasks at once and returns what each came to.
func race<Outcome: Sendable>(
    _ body: @escaping @Sendable (_ racer: Int) async throws -> Outcome
) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: Outcome.self) { group in
        for racer in 0..<StoreSample.racerCount {
            group.addTask { try await body(racer) }
        }
        var outcomes: [Outcome] = []
        for try await outcome in group {
            outcomes.append(outcome)
        }
        return outcomes
    }
}
