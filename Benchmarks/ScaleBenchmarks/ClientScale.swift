import BenchmarkSupport
import DurableLog
import Foundation
import OAuthProtocol
import OAuthState

/// Clients that registered themselves: the cost of a look-up and a registration, and the memory of each.
enum ClientScale {
    static func measure(upTo largest: Int, into report: inout ScaleReport, duration: Duration) async throws {
        var limits = StoreLimits()
        limits.dynamicClientsMax = largest * 2
        let registry = ClientRegistry(preRegistered: [], journal: VolatileJournal(), limits: limits)
        var present = 0
        for count in OperationCost.counts(from: 100, upTo: largest) {
            let resident = try ProcessUsage.current(of: getpid())
            for number in present..<count {
                guard try await registry.register(client(number)).outcome == .registered else {
                    throw BenchmarkError("a registration was refused")
                }
            }
            let after = try ProcessUsage.current(of: getpid())
            let added = Double(count - present)
            present = count
            let ids = (0..<min(count, 10_000)).map { id($0 &* 7_368_787 % count) }
            let lookup = try await OperationCost.nanoseconds(for: duration) { number in
                guard await registry.client(ids[number % ids.count]) != nil else {
                    throw BenchmarkError("a client is missing")
                }
            }
            report.add("client_lookup", "look up a client", count: count, lookup)
            if count == largest {
                let bytes = Double(after.residentBytes - resident.residentBytes) / added
                report.add("client_bytes", "memory of a client", bytes, "bytes")
            }
        }
    }

    private static func id(_ number: Int) -> String { "dcr_benchmark_\(number)" }

    private static func client(_ number: Int) -> OAuthProtocol.Client {
        OAuthProtocol.Client(
            id: id(number),
            kind: .dynamic,
            name: "Benchmark \(number)",
            redirectURIs: ["http://127.0.0.1:\(1024 + number % 60_000)/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: Population.now
        )
    }
}
