import OAuthProtocol

/// The figures of one run, for people and for machines.
struct Report {
    let sessionCount: Int
    let inFlight: Int
    var synchronizations = 0.0
    var refreshes: [RefreshRate.Result] = []
    var undisturbed = Latencies()
    var duringSnapshot = Latencies()
    var snapshotSeconds = 0.0
    var snapshotBytes = 0
    var secondsToOpen = 0.0
    var secondsToReady = 0.0
    var bytesPerSession = 0

    init(sessionCount: Int, inFlight: Int) {
        self.sessionCount = sessionCount
        self.inFlight = inFlight
    }

    private var megabytes: Double { Double(snapshotBytes) / 1_000_000 }

    /// A table.
    var table: String {
        var rows = [("fdatasync of 512 bytes on this disk", "\(Int(synchronizations))/s")]
        for result in refreshes {
            rows.append(
                (
                    "durable refreshes, journal: \(result.policy), \(inFlight) in flight",
                    "\(Int(result.refreshesPerSecond))/s with \(Int(result.synchronizationsPerSecond)) syncs/s; "
                        + "p50 \(result.latencies.quantile(0.5)) µs, p99 \(result.latencies.quantile(0.99)) µs"
                )
            )
        }
        rows += [
            (
                "snapshot of \(sessionCount) sessions with vault entries",
                "\(rounded(snapshotSeconds)) s, \(rounded(megabytes)) MB, "
                    + "\(rounded(megabytes / max(0.001, snapshotSeconds))) MB/s"
            ),
            ("clients refreshing over sockets, undisturbed", line(undisturbed)),
            ("the same clients during the snapshot", line(duringSnapshot)),
            (
                "start from the snapshot",
                "\(rounded(secondsToReady)) s to ready, \(rounded(secondsToOpen)) s of it checking the files"
            ),
            ("memory for each session, vault entries included", "\(bytesPerSession) bytes"),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
            .joined(separator: "\n")
    }

    private func line(_ latencies: Latencies) -> String {
        "\(latencies.count) refreshes; p50 \(latencies.quantile(0.5)) µs, p99 \(latencies.quantile(0.99)) µs, "
            + "p99.9 \(latencies.quantile(0.999)) µs, longest \(latencies.quantile(1)) µs"
    }

    private func rounded(_ value: Double) -> String {
        "\((value * 10).rounded() / 10)"
    }

    /// The same as one JSON object; times in microseconds or milliseconds, as the names say.
    var json: String {
        var object: JSONObject = [
            "sessions": number(sessionCount), "fdatasync_per_second": number(Int(synchronizations)),
            "snapshot_milliseconds": number(Int(snapshotSeconds * 1000)), "snapshot_bytes": number(snapshotBytes),
            "undisturbed": .object(members(undisturbed)), "during_snapshot": .object(members(duringSnapshot)),
            "start_milliseconds": number(Int(secondsToReady * 1000)), "bytes_per_session": number(bytesPerSession),
        ]
        for result in refreshes {
            var row = members(result.latencies)
            row["refreshes_per_second"] = number(Int(result.refreshesPerSecond))
            row["syncs_per_second"] = number(Int(result.synchronizationsPerSecond))
            object["refresh_\(result.policy)"] = .object(row)
        }
        return object.serializedString()
    }

    private func members(_ latencies: Latencies) -> JSONObject {
        [
            "count": number(latencies.count), "p50_us": number(latencies.quantile(0.5)),
            "p99_us": number(latencies.quantile(0.99)), "p999_us": number(latencies.quantile(0.999)),
            "longest_us": number(latencies.quantile(1)),
        ]
    }

    private func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
