import ArgumentParser

/// What grows while everything else stays as it is.
enum GrowthAxis: String, CaseIterable, Codable, ExpressibleByArgument {
    case sessions
    case connections
    case resources
    case upstreams
    case clients

    /// The sizes, in powers of ten.
    var counts: [Int] {
        switch self {
        case .sessions: [1000, 10_000, 100_000, 1_000_000]
        case .connections: [1, 10, 100, 1000, 10_000]
        case .resources: [1, 10, 100, 1000]
        case .upstreams: [1, 10, 100]
        case .clients: [100, 1000, 10_000, 100_000]
        }
    }

    /// The conditions of one size, and the server's arguments.
    func apply(_ count: Int, to conditions: inout Conditions) -> [String] {
        switch self {
        case .sessions: conditions.sessions = count
        case .connections:
            conditions.connections = count
            conditions.sessions = max(conditions.sessions, count)
        case .resources: return ["--resources", "\(count)"]
        case .upstreams: return ["--upstreams", "\(count)"]
        case .clients: return ["--clients", "\(count)"]
        }
        return []
    }
}
