import OutboundHTTP

/// Runs the checks, one after the other: an examined server is asked for one thing at a time.
struct ConformanceSuite: Sendable {
    var revision = MCPRevision.current
    /// Identifiers of the rules to check; empty means all.
    var rules: Set<String> = []

    /// Examines a server.
    ///
    /// - Parameters:
    ///   - options: The server, and how to log in there.
    ///   - transport: Sends the requests.
    ///   - policy: The addresses to which any of them may go, whatever the server's metadata says.
    /// - Returns: A verdict on each check.
    /// - Throws: ``OutboundError`` when the server does not answer at all.
    func run(
        _ options: ConformanceSubject.Options,
        transport: any OutboundTransport,
        policy: AddressPolicy
    ) async throws -> ConformanceReport {
        let confined = ConfinedTransport(base: transport, policy: policy)
        let subject = try await ConformanceSubject.prepare(options, transport: confined)
        var rows: [ConformanceReport.Row] = []
        for group in ConformanceGroup.all {
            for check in group.checks where check.since <= revision && (rules.isEmpty || rules.contains(check.rule)) {
                let (verdict, reason) = await verdict(of: check, on: subject)
                rows.append(.init(group: group.name, check: check, verdict: verdict, reason: reason))
            }
        }
        return ConformanceReport(issuer: options.issuer, revision: revision, rows: rows)
    }

    private func verdict(
        of check: ConformanceCheck,
        on subject: ConformanceSubject
    ) async -> (ConformanceReport.Verdict, String?) {
        let broken = check.level == .must ? ConformanceReport.Verdict.failed : .warning
        do {
            try await check.run(subject)
            return (.passed, nil)
        } catch let stop as ConformanceStop {
            switch stop {
            case .fault(let reason): return (broken, reason)
            case .obstacle(let reason): return (.notChecked, reason)
            }
        } catch let error as OutboundError {
            guard error.code != .addressRefused else {
                return (.notChecked, "the endpoint is on another machine: use --allow-remote (\(error.reason))")
            }
            return (broken, "no answer: \(error)")
        } catch {
            return (.notChecked, "\(error)")
        }
    }
}

/// Keeps every request within an address policy: a server's metadata must not send the suite to other machines.
struct ConfinedTransport: OutboundTransport {
    let base: any OutboundTransport
    let policy: AddressPolicy

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var confined = request
        confined.addressPolicy = policy
        return try await base.send(confined)
    }
}
