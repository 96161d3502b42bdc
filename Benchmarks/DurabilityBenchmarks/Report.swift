import BenchmarkSupport
import OAuthProtocol

/// One measured number, beside its limit if it has one.
struct Figure {
    /// The path in the JSON: names of members with slashes between them, the last one with its unit.
    let path: String
    let name: String
    let value: Double
    let unit: String
    /// The limit; nil for a figure without one.
    let limit: Double?
    /// The explanation of the figure.
    let remark: String

    fileprivate var cells: [String] {
        let verdict = limit.map { "\(value <= $0 ? "within" : "BEYOND") \(Int($0))" } ?? ""
        return [name, "\(Int(value))", unit, verdict, remark]
    }
}

/// The figures of one run, as a table and as JSON.
struct Report {
    let sessionCount: Int
    let processors: String
    private(set) var figures: [Figure] = []

    init(sessionCount: Int, processors: String) {
        self.sessionCount = sessionCount
        self.processors = processors
    }

    mutating func add(
        _ path: String,
        _ name: String,
        _ value: Double,
        _ unit: String,
        limit: Double? = nil,
        _ remark: String = ""
    ) {
        figures.append(Figure(path: path, name: name, value: value, unit: unit, limit: limit, remark: remark))
    }

    /// The percentiles of clients; the limit applies to the 99.9th.
    mutating func add(_ path: String, _ name: String, _ latencies: Latencies, limitMicroseconds: Double? = nil) {
        add(path + "/count", name, Double(latencies.count), "refreshes")
        for (member, share, text) in [("p50", 0.5, "half of them"), ("p99", 0.99, "99 %"), ("p999", 0.999, "99.9 %")] {
            let limit = member == "p999" ? limitMicroseconds : nil
            add("\(path)/\(member)_us", "  \(text) within", Double(latencies.quantile(share)), "µs", limit: limit)
        }
        add(path + "/longest_us", "  the longest", Double(latencies.quantile(1)), "µs")
    }

    /// A table.
    var table: String {
        var table = TextTable(["", "measured", "", "limit", ""])
        for figure in figures { table.add(figure.cells) }
        return processors + "\n" + table.text
    }

    /// The same as one JSON object; beside a figure that has a limit, `…_limit`.
    var json: String {
        var object: JSONObject = ["sessions": .number(JSONNumber(sessionCount)), "processors": .string(processors)]
        for figure in figures {
            let path = figure.path.split(separator: "/").map(String.init)
            Self.set(figure.value, at: path[...], in: &object)
            if let limit = figure.limit, let last = path.last {
                Self.set(limit, at: path.dropLast() + [last + "_limit"], in: &object)
            }
        }
        return object.serializedString()
    }

    private static func set(_ value: Double, at path: ArraySlice<String>, in object: inout JSONObject) {
        guard let name = path.first else { return }
        guard path.count > 1 else { return object[name] = .number(JSONNumber(Int(value))) }
        var below = object[name]?.objectValue ?? [:]
        set(value, at: path.dropFirst(), in: &below)
        object[name] = .object(below)
    }
}
