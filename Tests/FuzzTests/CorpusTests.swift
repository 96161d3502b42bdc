import Foundation
import FuzzTargets
import Testing

/// Inputs that were interesting once: seeds, and every one that ever found a fault.
@Suite("Readers of outside input, on the corpus of the fuzzers")
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    private static func inputs(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = folder.appendingPathComponent(target.name)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
            .map { Array(try Data(contentsOf: $0)) }
    }

    @Test("each input holds what its reader promises", arguments: FuzzTarget.all.map(\.name))
    func corpus(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Self.inputs(target)
        #expect(!inputs.isEmpty)
        for (number, input) in inputs.enumerated() { #expect(target.examine(input) == nil, "\(name), input \(number)") }
    }

    @Test("and so do its mutations", arguments: FuzzTarget.all.map(\.name))
    func mutations(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        var random = SystemRandomNumberGenerator()
        for input in try Self.inputs(target) {
            for _ in 0..<50 {
                let mutated = Self.mutated(input, &random)
                #expect(target.examine(mutated) == nil, "\(mutated)")
            }
        }
    }

    /// A few bytes changed, removed, repeated.
    private static func mutated(_ input: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes.suffix(bytes.count - place).prefix(16), at: place)
            default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
            }
        }
        return bytes
    }
}
