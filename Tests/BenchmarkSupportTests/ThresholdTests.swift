import BenchmarkSupport
import Foundation
import Testing

@Suite("A regression over a tenth fails the check")
struct ThresholdTests {
    private static let json = """
        {"benchmark": "LoadBenchmarks", "signatures": {"openssl": 40000},
         "rows": [{"id": "refresh", "per_second": 36000, "p99": 2.5}, {"id": "jwks", "per_second": 90000}],
         "names": ["x"], "idle": [7, 8], "flag": true}
        """

    private static func threshold(
        _ figure: String = "rows/refresh/per_second",
        of limit: String? = "signatures/openssl",
        better: Threshold.Direction = .higher,
        accepted: Double?,
        tolerance: Double? = nil
    ) throws -> Threshold {
        var members: [String: Any] = ["name": "refresh", "figure": figure, "better": better.rawValue]
        members["limit"] = limit
        members["accepted"] = accepted
        members["tolerance"] = tolerance
        return try JSONDecoder().decode(Threshold.self, from: JSONSerialization.data(withJSONObject: members))
    }

    private static func figures() throws -> JSONFigures { try JSONFigures(Data(json.utf8)) }

    @Test("figures are found by their place")
    func paths() throws {
        let figures = try Self.figures()
        #expect(figures["rows/refresh/per_second"] == 36000)
        #expect(figures["rows/jwks/per_second"] == 90000)
        #expect(figures["signatures/openssl"] == 40000)
        #expect(figures["idle/1"] == 8)
        #expect(figures["rows/refresh"] == nil)
        #expect(figures["names/0"] == nil)
        #expect(figures["per_second"] == nil)
    }

    @Test(
        "higher is better: a tenth less is kept, more than that is not",
        arguments: [(0.9, Threshold.Verdict.kept), (0.8, .kept), (0.999, .kept), (1.001, .regressed), (2, .regressed)]
    )
    func higher(accepted: Double, verdict: Threshold.Verdict) throws {
        // The ratio is 0.9.
        #expect(try Self.threshold(accepted: accepted).verdict(in: Self.figures()) == verdict)
    }

    @Test(
        "lower is better: a tenth more is kept, more than that is not",
        arguments: [(2.5, Threshold.Verdict.kept), (3, .kept), (2.28, .kept), (2.27, .regressed), (1, .regressed)]
    )
    func lower(accepted: Double, verdict: Threshold.Verdict) throws {
        let threshold = try Self.threshold("rows/refresh/p99", of: nil, better: .lower, accepted: accepted)
        #expect(threshold.verdict(in: try Self.figures()) == verdict)
    }

    @Test("a ratio may be given a tolerance of its own")
    func tolerance() throws {
        #expect(try Self.threshold(accepted: 1.2, tolerance: 0.3).verdict(in: Self.figures()) == .kept)
        #expect(try Self.threshold(accepted: 0.95, tolerance: 0.01).verdict(in: Self.figures()) == .regressed)
    }

    @Test("what is no longer measured fails, also where nothing was accepted", arguments: [nil, 0.9])
    func missing(accepted: Double?) throws {
        let figure = try Self.threshold("rows/gone/per_second", accepted: accepted)
        let limit = try Self.threshold(of: "signatures/gone", accepted: accepted)
        for threshold in [figure, limit] {
            let verdict = threshold.verdict(in: try Self.figures())
            #expect(verdict == .missing && verdict.isFailure)
        }
    }

    @Test("a limit of zero fails and does not divide")
    func zero() throws {
        let figures = try JSONFigures(Data(#"{"value": 1, "zero": 0}"#.utf8))
        for figure in ["value", "zero"] {
            let verdict = try Self.threshold(figure, of: "zero", accepted: 1).verdict(in: figures)
            #expect(verdict == .unusable && verdict.isFailure)
        }
    }

    @Test("without an accepted ratio there is nothing to fall below")
    func recordedOnly() throws {
        let verdict = try Self.threshold(accepted: nil).verdict(in: Self.figures())
        #expect(verdict == .notCompared && !verdict.isFailure)
    }

    @Test("what is only shown is neither compared nor recorded, and must still be there")
    func shownOnly() throws {
        var threshold = try Self.threshold(accepted: 3)
        #expect(threshold.verdict(in: try Self.figures()) == .regressed)
        threshold.isShownOnly = true
        #expect(threshold.verdict(in: try Self.figures()) == .notCompared)
        threshold.accepted = nil
        #expect(try Self.file([threshold]).recording(Self.figures()).ratios.first?.accepted == nil)
        threshold.figure = "rows/gone/per_second"
        #expect(threshold.verdict(in: try Self.figures()) == .missing)
    }

    @Test("the table names what regressed, and only that")
    func table() throws {
        let good = try Self.threshold(accepted: 0.9)
        let bad = try Self.threshold("rows/jwks/per_second", accepted: 3)
        let file = try Self.file([good, bad])
        let table = SummaryTable([(file, try Self.figures())])
        #expect(table.failures.count == 1)
        #expect(table.failures.first?.contains("REGRESSED (2.25, accepted 3.0)") == true)
        #expect(SummaryTable([(try Self.file([good]), try Self.figures())]).failures.isEmpty)
    }

    @Test("recording takes what is reached now, and the next check holds it")
    func recording() throws {
        let file = try Self.file([try Self.threshold(accepted: 3)])
        #expect(!SummaryTable([(file, try Self.figures())]).failures.isEmpty)
        let recorded = file.recording(try Self.figures())
        #expect(recorded.ratios.first?.accepted == 0.9)
        #expect(SummaryTable([(recorded, try Self.figures())]).failures.isEmpty)
        let worse = try JSONFigures(Data(Self.json.replacing("36000", with: "32000").utf8))
        #expect(SummaryTable([(recorded, worse)]).failures.count == 1)
    }

    private static func file(_ ratios: [Threshold]) throws -> ThresholdFile {
        let json = try JSONEncoder().encode(["ratios": ratios])
        var object = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
        object["benchmark"] = "LoadBenchmarks"
        object["arguments"] = [String]()
        return try JSONDecoder().decode(ThresholdFile.self, from: JSONSerialization.data(withJSONObject: object))
    }
}
