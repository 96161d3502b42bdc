import BenchmarkSupport
import Foundation

/// The figures of one run, as a table and as JSON.
struct ScaleReport: Codable {
    /// The cost of an operation at this size.
    struct Row: Codable {
        var id: String
        var name: String
        /// The size: how many there are.
        var count: Int
        /// Nanoseconds of one operation, or operations per second if the unit says so.
        var value: Double
        var unit: String
        /// The value over that of the smallest number of the same row.
        var ofSmallest: Double
    }

    /// A single figure.
    struct Fact: Codable {
        var id: String
        var name: String
        var value: Double
        var unit: String
    }

    var rows: [Row] = []
    var facts: [Fact] = []

    mutating func add(_ group: String, _ name: String, count: Int, _ value: Double, _ unit: String = "ns") {
        let smallest = rows.first { $0.name == name }?.value ?? value
        rows.append(
            Row(
                id: "\(group)/\(count)",
                name: name,
                count: count,
                value: value,
                unit: unit,
                ofSmallest: value / smallest
            )
        )
    }

    mutating func add(_ id: String, _ name: String, _ value: Double, _ unit: String) {
        facts.append(Fact(id: id, name: name, value: value, unit: unit))
    }

    var table: String {
        var table = TextTable(["", "number", "", "", "of the smallest"])
        for row in rows {
            table.add([row.name, "\(row.count)", Self.text(row.value), row.unit, Self.text(row.ofSmallest)])
        }
        var figures = TextTable(["", "", ""])
        for fact in facts { figures.add([fact.name, Self.text(fact.value), fact.unit]) }
        return table.text + figures.text
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [10]
    }

    private static func text(_ value: Double) -> String {
        value >= 100 ? "\(Int(value.rounded()))" : "\((value * 100).rounded() / 100)"
    }
}

/// How long an operation takes, in processor time of this process: steady even on a shared machine.
enum OperationCost {
    /// Nanoseconds of one call, averaged over many.
    static func nanoseconds(
        for duration: Duration,
        _ operation: (_ number: Int) async throws -> Void
    ) async throws -> Double {
        for number in 0..<100 { try await operation(number) }
        let before = try ProcessUsage.current(of: getpid()).processorSeconds
        let end = ContinuousClock.now + duration
        var count = 0
        while ContinuousClock.now < end {
            for number in count..<count + 100 { try await operation(number) }
            count += 100
        }
        return (try ProcessUsage.current(of: getpid()).processorSeconds - before) * 1e9 / Double(count)
    }

    /// Powers of ten up to a number, which is the last step.
    static func counts(from smallest: Int, upTo largest: Int) -> [Int] {
        var counts: [Int] = []
        var count = smallest
        while count < largest {
            counts.append(count)
            count *= 10
        }
        return counts + [largest]
    }
}
