/// One ratio that must not get worse, as the files in `Thresholds` hold it.
///
/// Never an absolute time: figures of one run on one machine are divided by each other, and only the quotient is compared
/// with what it was on another machine.
package struct Threshold: Codable, Sendable {
    /// Which way is better.
    package enum Direction: String, Codable, Sendable {
        case higher
        case lower
    }

    /// What is measured, for people.
    package var name: String
    /// Where the figure stands in the benchmark's JSON (see ``JSONFigures``).
    package var figure: String
    /// Where the figure stands by which it is divided; without one the figure is a ratio by itself.
    package var limit: String?
    /// What the limit is, for people.
    package var limitName: String?
    /// Which way is better.
    package var better: Direction
    /// What the project wants to reach.
    package var goal: Double?
    /// Whether it is shown with its goal and never compared: what depends on the machine or on who else uses it, such as
    /// absolute times and the tails of latencies.
    package var isShownOnly: Bool?
    /// What was reached when this was last recorded; without it the ratio is shown and not compared.
    package var accepted: Double?
    /// By how much it may get worse before the check fails, for a ratio that is not steady; a tenth unless said.
    package var tolerance: Double?

    /// How much worse than accepted a ratio may be.
    package static let usualTolerance = 0.1

    /// What came of looking at one ratio.
    package enum Verdict: Equatable, Sendable {
        /// The figure, or its limit, is not in the benchmark's output.
        case missing
        /// A limit of zero, or a figure that is none.
        case unusable
        /// Nothing to compare with.
        case notCompared
        /// No worse than accepted, within the tolerance.
        case kept
        /// Worse than accepted by more than the tolerance.
        case regressed

        /// Whether a check must fail for it: what is not measured any more is not kept.
        package var isFailure: Bool { self == .missing || self == .unusable || self == .regressed }
    }

    /// The ratio in this output, if it is there.
    package func ratio(in figures: JSONFigures) -> Double? {
        guard let value = figures[figure] else { return nil }
        guard let limit else { return value }
        return figures[limit].map { value / $0 }
    }

    /// Judges the ratio in this output.
    package func verdict(in figures: JSONFigures) -> Verdict {
        guard let ratio = ratio(in: figures) else { return .missing }
        guard ratio.isFinite, ratio >= 0 else { return .unusable }
        guard let accepted, isShownOnly != true else { return .notCompared }
        let tolerance = tolerance ?? Self.usualTolerance
        let isKept =
            switch better {
            case .higher: ratio >= accepted * (1 - tolerance)
            case .lower: ratio <= accepted * (1 + tolerance)
            }
        return isKept ? .kept : .regressed
    }

    /// Whether the goal is reached; `nil` without a goal or without the figure.
    package func reachesGoal(in figures: JSONFigures) -> Bool? {
        guard let goal, let ratio = ratio(in: figures), ratio.isFinite else { return nil }
        return better == .higher ? ratio >= goal : ratio <= goal
    }
}
