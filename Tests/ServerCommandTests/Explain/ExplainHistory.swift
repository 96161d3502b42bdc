import OAuthProtocol
import ServerConfiguration
import Testing

@testable import ServerCommand

/// One class of failure: a real history of a server, and what its explanation must say.
struct ExplainHistory: Sendable, CustomTestStringConvertible {
    /// The name of the class, and of its golden file.
    let name: String
    /// Words of the cause.
    let why: String
    /// Words of the remedy.
    let remedy: String
    let configure: @Sendable (inout Configuration) throws -> Void
    /// Lets it happen, and returns the id that an operator asks about.
    let happen: @Sendable (ExplainScene) async throws -> String

    init(
        _ name: String,
        why: String,
        remedy: String,
        configure: @escaping @Sendable (inout Configuration) throws -> Void = { _ in },
        happen: @escaping @Sendable (ExplainScene) async throws -> String
    ) {
        (self.name, self.why, self.remedy, self.configure, self.happen) = (name, why, remedy, configure, happen)
    }

    var testDescription: String { name }

    /// Every class.
    static let all = sessions + operators + logins + requests

    /// The explanation, with what differs between two runs replaced by its kind and a number.
    func explanation() async throws -> String {
        var text = ""
        try await ExplainScene.run(configure: configure) { scene in
            let id = try await happen(scene)
            let timeline = AuditTimeline(id, in: scene.trail)
            text = Self.steady(timeline, scene)
        }
        return text
    }

    private static func steady(_ timeline: AuditTimeline, _ scene: ExplainScene) -> String {
        let kinds = [
            ("client_id", "CLIENT"), ("sub", "USER"), ("tsid", "SESSION"), ("connection", "CONNECTION"),
            ("jti", "TOKEN"), ("kid", "KEY"), ("request_id", "REQUEST"),
        ]
        // Names that a configuration has are the same in every run.
        let known: Set<String> = ["batch", "mcp-server", "unknown-client", "", "corp"]
        var text = timeline.lines.joined(separator: "\n") + "\n"
        for (member, kind) in kinds {
            var values: [String] = []
            for entry in timeline.entries where !values.contains(entry[member]) { values.append(entry[member]) }
            for (number, value) in values.filter({ !known.contains($0) }).enumerated() {
                // A request's id is short: only where it is named as one.
                let (found, put) =
                    kind == "REQUEST"
                    ? ("request \(value))", "request \(kind)-\(number + 1))")
                    : (
                        value, "\(kind)-\(number + 1)"
                    )
                text = text.replacing(found, with: put)
            }
        }
        return text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
            .replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:PORT")
    }
}
