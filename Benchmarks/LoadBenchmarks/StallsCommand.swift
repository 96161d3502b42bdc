import ArgumentParser
import BenchmarkSupport
import Foundation

/// Watches the idle server's core for stalls, in a process that runs there.
struct StallsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stalls", shouldDisplay: false)

    func run() throws {
        try Affinity.pin(to: 0)
        let stalls = MachineStalls.measure(seconds: 2)
        print(stalls.share, stalls.longestMilliseconds)
    }

    /// The stalls of the server's core.
    static func measure() throws -> MachineStalls {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path()
        let figures = try ChildProgram.output([program, "stalls"]).split(whereSeparator: \.isWhitespace)
            .compactMap { Double($0) }
        guard figures.count == 2 else { throw BenchmarkError("the stalls could not be measured") }
        return MachineStalls(share: figures[0], longestMilliseconds: figures[1])
    }
}
