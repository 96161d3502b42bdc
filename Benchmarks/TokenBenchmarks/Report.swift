import OAuthProtocol

/// The figures of one run, as a table and as JSON.
struct Report {
    /// Rates of all cores together, per second of wall-clock time.
    struct Parallel {
        let name: String
        let issued: Double
        let signed: Double
        let validated: Double
        let verified: Double
    }

    var rows: [Comparison] = []
    var parallel: [Parallel] = []

    /// A table.
    ///
    /// Quote its ratios, because absolute figures differ from machine to machine.
    var table: String {
        let heads = ["one core", "per second", "of OpenSSL alone", "allocations", "without OpenSSL's"]
        var text = row(heads)
        for comparison in rows {
            text += row([
                comparison.name, "\(Int(comparison.ours.rate))", "\(percent(comparison.share))",
                "\(tenths(comparison.ours.allocations))", "\(tenths(comparison.ownAllocations))",
            ])
        }
        guard !parallel.isEmpty else { return text }
        text += "\n" + row(["all cores", "issued", "of signed", "validated", "of verified"])
        for rates in parallel {
            text += row([
                rates.name, "\(Int(rates.issued))", percent(rates.issued / rates.signed), "\(Int(rates.validated))",
                percent(rates.validated / rates.verified),
            ])
        }
        return text
    }

    /// The same as one JSON object.
    var json: String {
        let comparisons = rows.map { comparison -> JSONValue in
            .object([
                "name": .string(comparison.name), "per_second": .integer(Int(comparison.ours.rate)),
                "openssl_per_second": .integer(Int(comparison.limit.rate)),
                "allocations": .integer(Int(comparison.ours.allocations.rounded())),
                "own_allocations": .integer(Int(comparison.ownAllocations.rounded())),
            ])
        }
        let cores = parallel.map { rates -> JSONValue in
            .object([
                "name": .string(rates.name), "issued_per_second": .integer(Int(rates.issued)),
                "signed_per_second": .integer(Int(rates.signed)),
                "validated_per_second": .integer(Int(rates.validated)),
                "verified_per_second": .integer(Int(rates.verified)),
            ])
        }
        let object: JSONObject = ["one_core": .array(comparisons), "all_cores": .array(cores)]
        return object.serializedString() + "\n"
    }

    private func percent(_ share: Double) -> String { "\(tenths(share * 100)) %" }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func row(_ cells: [String]) -> String {
        let widths = [36, 12, 18, 13, 24]
        return zip(cells, widths).enumerated().map { column, cell in
            let padding = String(repeating: " ", count: max(1, cell.1 - cell.0.count))
            return column == 0 ? cell.0 + padding : padding + cell.0
        }.joined() + "\n"
    }
}
