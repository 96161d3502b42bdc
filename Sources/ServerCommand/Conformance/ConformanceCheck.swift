/// The revisions of the Model Context Protocol, by which a rule is first required of an authorization server.
enum MCPRevision: String, CaseIterable, Comparable, Sendable {
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"
    case july2026 = "2026-07-28"

    /// The revision that is current.
    static let current = july2026

    static func < (left: MCPRevision, right: MCPRevision) -> Bool { left.rawValue < right.rawValue }
}

/// One rule that an authorization server for MCP is checked against from outside.
struct ConformanceCheck: Sendable {
    /// What a server that breaks the rule is charged with.
    enum Level: String, Sendable {
        /// It fails: a MUST of the cited section.
        case must
        /// It is warned: a SHOULD, or what clients in use depend on.
        case should
    }

    /// The rule's identifier in Rules.md.
    let rule: String
    /// The specification and its section.
    let source: String
    /// The first revision of MCP that requires it.
    let since: MCPRevision
    let level: Level
    /// What must hold, as one sentence without its full stop.
    let requirement: String
    /// Returns if the rule holds; throws ``ConformanceStop`` otherwise.
    let run: @Sendable (ConformanceSubject) async throws -> Void

    init(
        _ rule: String,
        _ source: String,
        _ requirement: String,
        since: MCPRevision = .march2025,
        level: Level = .must,
        run: @escaping @Sendable (ConformanceSubject) async throws -> Void
    ) {
        self.rule = rule
        self.source = source
        self.requirement = requirement
        self.since = since
        self.level = level
        self.run = run
    }
}

/// Checks about one part of a server.
struct ConformanceGroup: Sendable {
    let name: String
    let checks: [ConformanceCheck]

    /// Every check, in the order in which they run.
    static let all: [ConformanceGroup] = [
        ConformanceGroup(name: "metadata", checks: ConformanceCheck.metadata + ConformanceCheck.discovery),
        ConformanceGroup(name: "registration", checks: ConformanceCheck.registration),
        ConformanceGroup(name: "redirect URIs", checks: ConformanceCheck.redirects),
        ConformanceGroup(name: "authorization", checks: ConformanceCheck.authorization),
        ConformanceGroup(name: "token requests", checks: ConformanceCheck.tokenRequests),
        ConformanceGroup(name: "codes", checks: ConformanceCheck.codes),
        ConformanceGroup(name: "refresh tokens", checks: ConformanceCheck.refreshTokens),
        ConformanceGroup(name: "access tokens", checks: ConformanceCheck.accessTokens),
        ConformanceGroup(name: "revocation and introspection", checks: ConformanceCheck.endings),
    ]
}

/// Why a check did not return.
enum ConformanceStop: Error {
    /// The rule is broken; the reason says what the server did.
    case fault(String)
    /// The rule could not be checked, which is never a pass.
    case obstacle(String)
}

extension ConformanceStop: CustomStringConvertible {
    /// The reason of either.
    var description: String {
        switch self {
        case .fault(let reason), .obstacle(let reason): reason
        }
    }
}

/// Stops a check whose server broke the rule.
func expect(_ condition: Bool, _ fault: @autoclosure () -> String) throws(ConformanceStop) {
    guard condition else { throw .fault(fault()) }
}
