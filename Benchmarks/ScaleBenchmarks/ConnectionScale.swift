import BenchmarkSupport
import Foundation

/// Active connections: the server's cost of an answer, by LoadBenchmarks.
enum ConnectionScale {
    static func measure(upTo largest: Int, into report: inout ScaleReport) throws {
        for count in [1, 64, 1000].filter({ $0 < largest }) + [largest] {
            let output = try ChildProgram.output([
                try SiblingProgram.path("LoadBenchmarks"), "run", "--scenarios", "jwks", "--seconds", "1",
                "--connections",
                "\(count)", "--sessions", "\(max(count, 64))", "--json",
            ])
            let figures = try JSONFigures(Data(output.utf8))
            guard let rate = figures["rows/jwks/per_server_second"], rate > 0 else {
                throw BenchmarkError("the output of LoadBenchmarks has no key set")
            }
            report.add("connections", "server time of an answer", count: count, 1e9 / rate)
        }
    }
}
