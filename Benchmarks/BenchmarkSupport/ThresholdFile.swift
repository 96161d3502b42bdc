package import Foundation

/// The thresholds of one benchmark: a JSON file named for it.
package struct ThresholdFile: Codable, Sendable {
    /// The benchmark, which has its program's name unless ``program`` is given.
    package var benchmark: String
    /// The program of a benchmark that is one command of several.
    package var program: String?
    /// The program's arguments, besides `--json`.
    package var arguments: [String]
    /// The ratios to compare.
    package var ratios: [Threshold]

    /// Reads a file.
    package init(at url: URL) throws {
        self = try JSONDecoder().decode(ThresholdFile.self, from: Data(contentsOf: url))
    }

    /// Reads every file of a folder, in the order of their names; an empty folder is an error, because it would check
    /// nothing.
    package static func all(in folder: URL) throws -> [(url: URL, file: ThresholdFile)] {
        let urls = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        guard !urls.isEmpty else { throw BenchmarkError("there are no thresholds in \(folder.path())") }
        return try urls.map { ($0, try ThresholdFile(at: $0)) }
    }

    /// The same thresholds with the current values as accepted ones, except for ratios that are only shown.
    package func recording(_ figures: JSONFigures) -> ThresholdFile {
        var copy = self
        for index in copy.ratios.indices where copy.ratios[index].isShownOnly != true {
            guard let ratio = copy.ratios[index].ratio(in: figures), ratio.isFinite else { continue }
            copy.ratios[index].accepted = (ratio * 1000).rounded() / 1000
        }
        return copy
    }

    /// Writes the file in a readable form that can be compared line by line.
    package func write(to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + [10]).write(to: url)
    }
}
