import ArgumentParser

/// The conditions that apply to all scenarios of one server.
struct Conditions: ParsableArguments {
    @Option(name: .long, help: "Connections of the load, 1 to 10,000.")
    var connections = 64

    @Option(name: .long, help: "Seconds for each scenario, after a warm-up of a quarter of them.")
    var seconds = 3.0

    @Option(
        name: .long,
        help: "Operations each second (open loop); without it as many as the server takes (closed loop)."
    )
    var rate: Double?

    @Option(name: .long, help: "memory, or the journal policy of a storage directory: always, every-second, off.")
    var journal = "memory"

    @Option(name: .long, help: "Live sessions, each with a user and a connection with upstream tokens.")
    var sessions = 1000

    @Flag(name: .long, help: "TLS 1.3 with a P-256 certificate.")
    var tls = false

    func validate() throws {
        guard (1...10_000).contains(connections) else { throw ValidationError("connections: 1 to 10000") }
        guard (1...5_000_000).contains(sessions) else { throw ValidationError("sessions: 1 to 5000000") }
        guard (0.1...600).contains(seconds), (rate ?? 1) > 0 else {
            throw ValidationError("seconds and rate: positive")
        }
        guard ["memory", "always", "every-second", "off"].contains(journal) else {
            throw ValidationError("journal: memory, always, every-second or off")
        }
    }
}
