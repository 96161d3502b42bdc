/// The requests of a fleet of MCP servers and clients, in percentages, in an order that a seed determines.
final class MixedScript: Script {
    private let scripts: [(share: Int, script: any Script)]
    private var current: (any Script)?
    private var state: UInt64

    init(_ scripts: [(share: Int, script: any Script)], seed: Int) {
        self.scripts = scripts
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    func begin() throws -> Step? {
        var number = Int(next() % UInt64(scripts.reduce(0) { $0 + $1.share }))
        for (share, script) in scripts {
            if number < share {
                current = script
                return try script.begin()
            }
            number -= share
        }
        return nil
    }

    func take(_ answer: Answer) throws -> Step? {
        try current?.take(answer)
    }

    private func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state >> 16
    }
}
