import Histogram
import OAuthProtocol

/// The figures of one run, for people and for machines.
struct Report {
    let signatures: SignatureRate
    let results: [ScenarioResult]
    let connections: Int
    let journal: String

    /// A table; ratios are what to quote, for absolute figures move from machine to machine.
    var table: String {
        var text = """
            One core for the server, one for the load; \(connections) connections, closed loop, state: \(journal).
            ES256 signatures per second on one core: openssl speed \(Int(signatures.opensslSpeed)), \
            our binding \(Int(signatures.ownBinding))

            \(row(["scenario", "requests/s", "p50 µs", "p99 µs", "p99.9 µs", "of openssl speed"]))

            """
        for result in results {
            text += row([
                result.name, "\(Int(result.rate))", "\(result.latencies.valueAtPercentile(50))",
                "\(result.latencies.valueAtPercentile(99))", "\(result.latencies.valueAtPercentile(99.9))",
                result.signs ? "\(Int((100 * result.rate / signatures.opensslSpeed).rounded())) %" : "–",
            ])
            text += "\n"
        }
        return text
    }

    /// The same as one JSON object.
    var json: String {
        var object: JSONObject = [
            "connections": .number(JSONNumber(connections)),
            "journal": .string(journal),
            "openssl_speed_ecdsap256_sign_per_second": .number(JSONNumber(Int(signatures.opensslSpeed))),
            "own_binding_es256_sign_per_second": .number(JSONNumber(Int(signatures.ownBinding))),
        ]
        object["scenarios"] = .array(
            results.map { result in
                var row: JSONObject = [
                    "name": .string(result.name), "requests_per_second": .number(JSONNumber(Int(result.rate))),
                    "p50_us": .number(JSONNumber(Int(result.latencies.valueAtPercentile(50)))),
                    "p99_us": .number(JSONNumber(Int(result.latencies.valueAtPercentile(99)))),
                    "p999_us": .number(JSONNumber(Int(result.latencies.valueAtPercentile(99.9)))),
                ]
                if result.signs {
                    let permille = 1000 * result.rate / signatures.opensslSpeed
                    row["permille_of_openssl_speed"] = .number(JSONNumber(Int(permille.rounded())))
                }
                return .object(row)
            }
        )
        return object.serializedString() + "\n"
    }

    private func row(_ cells: [String]) -> String {
        let widths = [28, 12, 9, 9, 10, 18]
        return zip(cells, widths).map { cell, width in
            let padding = String(repeating: " ", count: max(1, width - cell.count))
            return cell == cells.first ? cell + padding : padding + cell
        }.joined()
    }
}
