/// One ratio that must not get worse, as the files in `Thresholds` contain it.
///
/// Never an absolute time: figures of one run on one machine are divided by each other, and only the quotient is
/// compared with its value on another machine.
package struct Threshold: Codable, Sendable {
    /// Which way is better.
    package enum Direction: String, Codable, Sendable {
        case higher
        case lower
    }

    /// The description of the figure.
    package var name: String
    /// The path of the figure in the benchmark's JSON (see ``JSONFigures``).
    package var figure: String
    /// The path of the divisor; without one the figure itself is a ratio.
    package var limit: String?
    /// The description of the limit.
    package var limitName: String?
    /// Which way is better.
    package var better: Direction
    /// The value that the project wants to reach.
    package var goal: Double?
    /// Whether it is shown with its goal and never compared, because it depends on the machine and its other users:
    /// absolute times and the tails of latencies.
    package var isShownOnly: Bool?
    /// The value when it was last recorded; without it the ratio is shown and not compared.
    package var accepted: Double?
    /// By how much an unsteady ratio may get worse before the check fails; a tenth by default.
    package var tolerance: Double?

    /// How much worse than accepted a ratio may be.
    package static let usualTolerance = 0.1

    /// The result of checking one ratio.
    package enum Verdict: Equatable, Sendable {
        /// The figure, or its limit, is not in the benchmark's output.
        case missing
        /// A limit of zero, or a figure that is not a number.
        case unusable
        /// Nothing to compare with.
        case notCompared
        /// No worse than accepted, within the tolerance.
        case kept
        /// Worse than accepted by more than the tolerance.
        case regressed

        /// Whether a check must fail for it: a figure that is no longer measured is no longer kept.
        package var isFailure: Bool { self == .missing || self == .unusable || self == .regressed }
    }

    /// The ratio in this output, if it is present.
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
