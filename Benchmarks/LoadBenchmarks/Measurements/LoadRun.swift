import BenchmarkSupport
import Foundation
import OAuthProtocol

/// Measures one server under its conditions.
final class LoadRun {
    private let conditions: Conditions
    private let host: LoadHost
    private let factory: ScriptFactory
    private(set) var report: LoadReport
    /// The rate of the key set endpoint, per second and per second of processor time.
    private var keySet: (perSecond: Double, perServerSecond: Double)?

    static func start(_ conditions: Conditions, signatures: SignatureRate) async throws -> LoadRun {
        let host = try await LoadHost.start(conditions)
        do {
            return try LoadRun(conditions, host, signatures)
        } catch {
            await host.stop()
            throw error
        }
    }

    private init(_ conditions: Conditions, _ host: LoadHost, _ signatures: SignatureRate) throws {
        self.conditions = conditions
        self.host = host
        report = LoadReport(signatures: signatures)
        factory = try ScriptFactory(host, connections: conditions.connections)
        add("idle", "resident memory before any session", Double(host.idleBytes) / 1e6, "MB")
    }

    func stop() async {
        await host.stop()
    }

    // MARK: - Measurements

    /// Runs a scenario and records its row.
    @discardableResult
    func measure(_ scenario: ScenarioID, _ mode: LoadEngine.Mode = .closed, id: String? = nil) async throws -> Outcome {
        let mode = conditions.rate.map { LoadEngine.Mode.open(perSecond: $0) } ?? mode
        // Measured before and after, because a shared machine's speed changes from minute to minute.
        let signaturesBefore = try scenario.limit == .signatures ? SignatureRate.opensslSpeed(seconds: 1) : 0
        let outcome = try await run(scenario, mode)
        if scenario == .jwks, case .closed = mode { keySet = (outcome.rate, outcome.ratePerServerSecond) }
        var row = LoadReport.Row(id ?? scenario.rawValue, scenario.title, outcome)
        switch scenario.limit {
        case .signatures:
            let signatures = (signaturesBefore + (try SignatureRate.opensslSpeed(seconds: 1))) / 2
            row.setLimit("openssl speed", signatures, signatures)
        case .keySet:
            if let keySet, scenario != .jwks { row.setLimit("JWKS", keySet.perSecond, keySet.perServerSecond) }
        }
        report.rows.append(row)
        return outcome
    }

    private func run(_ scenario: ScenarioID, _ mode: LoadEngine.Mode) async throws -> Outcome {
        let scripts = try await factory.scripts(
            scenario,
            connections: conditions.connections,
            seconds: conditions.seconds
        )
        return try LoadEngine(scripts, endpoints: [host.server, host.provider])
            .run(mode, seconds: conditions.seconds, server: host.processID)
    }

    /// Latencies at 70 % of the highest load that the server can bear.
    func measureAtSeventyPercent(_ scenario: ScenarioID) async throws {
        guard let saturation = report.row(scenario.rawValue)?.perSecond else { return }
        try noteStalls()
        try await measure(scenario, .open(perSecond: saturation * 0.7), id: scenario.rawValue + "@70")
    }

    /// nginx with a file as large as our answer, under the same load; it is then the limit of our row.
    func compareWithNginx(_ scenario: ScenarioID) async throws {
        let path = scenario == .jwks ? ScriptFactory.keySetPath : ScriptFactory.metadataPath
        let size = try host.answer(RequestText.get(path)).bodyCount
        let nginx = try nginx(fileByteCount: size)
        defer { nginx.stop() }
        let scripts = (0..<conditions.connections).map { _ in RepeatedRequest(RequestText.get(NginxServer.path)) }
        let outcome = try LoadEngine(scripts, endpoints: [nginx.endpoint])
            .run(.closed, seconds: conditions.seconds, server: nginx.processID)
        report.rows.append(.init("nginx-" + scenario.rawValue, "nginx, a file of \(size) bytes", outcome))
        if let index = report.rows.firstIndex(where: { $0.id == scenario.rawValue }) {
            report.rows[index].setLimit("nginx", outcome.rate, outcome.ratePerServerSecond)
        }
    }

    private func nginx(fileByteCount: Int) throws -> NginxServer {
        try NginxServer(fileByteCount: fileByteCount, certificate: conditions.tls ? host.certificateFolder : nil)
    }

    /// The cost of an idle connection in nginx, which has the same TLS library.
    func measureIdleConnectionsOfNginx(_ count: Int) throws {
        let nginx = try nginx(fileByteCount: 1000)
        defer { nginx.stop() }
        let before = try ProcessUsage.current(of: nginx.processID).residentBytes
        let crowd = try IdleCrowd(count, at: nginx.endpoint, path: NginxServer.path)
        let after = try ProcessUsage.current(of: nginx.processID).residentBytes
        try crowd.check()
        add("nginx_idle_connection_bytes", "the same of nginx", Double(after - before) / Double(count), "bytes")
    }

    /// The cost of idle keep-alive connections: memory, and their effect on other clients.
    func measureIdleConnections(_ count: Int) async throws {
        let rate = (report.row(ScenarioID.jwks.rawValue)?.perSecond ?? 20_000) * 0.5
        try await measure(.jwks, .open(perSecond: rate), id: "jwks-without-idle")
        try noteStalls()
        let before = try ProcessUsage.current(of: host.processID).residentBytes
        let crowd = try IdleCrowd(count, at: host.server, path: ScriptFactory.keySetPath)
        let after = try ProcessUsage.current(of: host.processID).residentBytes
        add("idle_connection_bytes", "memory of an idle connection", Double(after - before) / Double(count), "bytes")
        try await measure(.jwks, .open(perSecond: rate), id: "jwks-with-idle")
        try crowd.check()
        let with = report.row("jwks-with-idle")?.p99Microseconds ?? 0
        let without = report.row("jwks-without-idle")?.p99Microseconds ?? 0
        add("idle_p99_ratio", "p99 with \(count) idle connections over p99 without", with / max(0.001, without), "")
    }

    /// The machine's own share of the latencies, measured once.
    private func noteStalls() throws {
        guard !report.facts.contains(where: { $0.id == "stall_share" }) else { return }
        let stalls = try StallsCommand.measure()
        add("stall_share", "share of time that the server's core stalled", stalls.share * 100, "%")
        add("stall_longest", "the longest stall", stalls.longestMilliseconds, "ms")
    }

    /// The current memory of the process.
    func noteResidentMemory() throws {
        let usage = try ProcessUsage.current(of: host.processID)
        add("resident", "resident memory after the load", Double(usage.residentBytes) / 1e6, "MB")
    }

    private func add(_ id: String, _ name: String, _ value: Double, _ unit: String) {
        report.facts.append(.init(id: id, name: name, value: value, unit: unit))
    }
}

extension LoadReport.Row {
    fileprivate mutating func setLimit(_ name: String, _ perSecond: Double, _ perServerSecond: Double) {
        limitName = name
        ofLimit = self.perSecond / perSecond
        ofLimitPerServerSecond = self.perServerSecond / perServerSecond
    }
}
