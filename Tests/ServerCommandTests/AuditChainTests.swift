import OAuthProtocol
import OpenSSLCrypto
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The chain of the audit trail")
struct AuditChainTests {
    private static let key = AuditCheckpointKey(HMACSHA256Key(Array("a key of thirty-two bytes, or so".utf8)))
    private static let other = AuditCheckpointKey(HMACSHA256Key(Array("another key of thirty-two bytes!".utf8)))
    private static let start = Timestamp(secondsSinceEpoch: 1_795_000_000)

    private static func event(_ number: Int) -> String {
        #"{"time":"2026-11-30T10:00:00.000Z","event":"token.issued","jti":"\#(number)"}"#
    }

    private static func bytes(_ numbers: Range<Int>) -> [UInt8] {
        Array(numbers.map { event($0) + "\n" }.joined().utf8)
    }

    /// The lines of a trail of some events, with a checkpoint after each `interval`.
    private static func trail(
        _ numbers: Range<Int>,
        after line: String? = nil,
        key: AuditCheckpointKey? = key,
        checkpointEvery interval: Int = 4
    ) -> [String] {
        var chain = AuditChain(after: line.map { Array($0.utf8) }, key: key)
        var output: [UInt8] = []
        for number in numbers {
            output += chain.link(bytes(number..<number + 1), now: start)
            if (number + 1 - numbers.lowerBound) % interval == 0 { output += chain.checkpoint(now: start) }
        }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func verify(_ lines: [String], keys: [AuditCheckpointKey] = [key]) -> AuditVerification {
        var verification = AuditVerification(keys: keys)
        for (index, line) in lines.enumerated() {
            verification.add(Array(line.utf8)[...], at: AuditVerification.Place(file: "a", line: index + 1))
        }
        verification.end()
        return verification
    }

    @Test("lines keep what they had, and each has the hash of the one before it")
    func links() throws {
        let lines = Self.trail(0..<2, checkpointEvery: 99)
        let first = String(Self.event(0).dropLast())
        let genesis = Base64URL.encode(SHA256.hash([]).bytes)
        #expect(lines[0] == first + #","prev":"\#(genesis)"}"#)
        let hash = Base64URL.encode(SHA256.hash(Array(lines[0].utf8)).bytes)
        #expect(lines[1] == String(Self.event(1).dropLast()) + #","prev":"\#(hash)"}"#)
        let json = try JSONParser.parseObject(Array(lines[1].utf8))
        #expect(json["jti"]?.stringValue == "1" && json["prev"]?.stringValue == hash)
    }

    @Test("a whole trail holds, and its checkpoints are genuine")
    func whole() {
        let verification = Self.verify(Self.trail(0..<10))
        #expect(verification.finding == nil)
        #expect(verification.lineCount == 12 && verification.linkedCount == 12)
        #expect(verification.checkpointCount == 2 && verification.uncoveredCount == 2)
        #expect(!verification.continuesEarlierFile)
        let later = Self.verify(Array(Self.trail(0..<10).dropFirst(3)))
        #expect(later.finding == nil && later.continuesEarlierFile)
    }

    /// What an attacker does to a trail of 10 events and 2 checkpoints, and the line that is found.
    struct Tampering: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let line: Int
        let change: @Sendable (inout [String]) -> Void
    }

    @Test(
        "what was changed afterwards is named by its line",
        arguments: [
            Tampering(testDescription: "a value", line: 3) { $0[2].replace(#""jti":"2""#, with: #""jti":"9""#) },
            Tampering(testDescription: "a link", line: 3) { $0[2].replace(#""prev":""#, with: #""prev":"A"#) },
            Tampering(testDescription: "a link of the right form", line: 3) { lines in
                lines[2] = String(lines[2].dropLast(45)) + String(repeating: "A", count: 43) + "\"}"
            },
            Tampering(testDescription: "a removed line", line: 2) { $0.remove(at: 2) },
            Tampering(testDescription: "a removed checkpoint", line: 4) { $0.remove(at: 4) },
            Tampering(testDescription: "an inserted line", line: 3) { lines in
                lines.insert(Self.trail(90..<91)[0], at: 2)
            },
            Tampering(testDescription: "a repeated line", line: 3) { $0.insert($0[2], at: 3) },
            Tampering(testDescription: "two lines in each other's place", line: 3) { $0.swapAt(2, 3) },
            Tampering(testDescription: "a line without link", line: 3) { $0.insert(Self.event(8), at: 2) },
            Tampering(testDescription: "the last line but one", line: 11) { lines in
                lines[10].replace("token.issued", with: "token.absent")
            },
            Tampering(testDescription: "a checkpoint's code", line: 5) { lines in
                lines[4] = String(lines[4].dropLast(45)) + String(repeating: "A", count: 43) + "\"}"
            },
            Tampering(testDescription: "a checkpoint's time", line: 5) {
                $0[4].replace(#""time":"2"#, with: #""time":"3"#)
            },
        ]
    )
    func tampering(_ tampering: Tampering) {
        var lines = Self.trail(0..<10)
        tampering.change(&lines)
        #expect(Self.verify(lines).finding?.place.line == tampering.line)
    }

    @Test("a trail that was written anew without the key is found by its checkpoints")
    func rewritten() {
        let genuine = Self.trail(0..<8)
        // The attacker keeps the text of the old checkpoint, or makes one with a key of their own.
        var forged = Self.trail(100..<104, key: nil)
        forged.append(genuine[4])
        #expect(Self.verify(forged).finding != nil)
        let own = Self.verify(Self.trail(100..<108, key: Self.other))
        #expect(own.finding?.place.line == 5 && own.finding?.reason.contains("--key-file") == true)
        let renamed = Self.trail(100..<108, key: Self.other).map { $0.replacing(Self.other.id, with: Self.key.id) }
        #expect(Self.verify(renamed).finding?.place.line == 5)
        #expect(Self.verify(Self.trail(0..<8, key: Self.other), keys: [Self.key, Self.other]).finding == nil)
    }

    @Test("a trail without checkpoints is found after a thousand lines if there is a key, and accepted without one")
    func stripped() {
        let lines = Self.trail(0..<1200, key: nil)
        #expect(Self.verify(lines).finding?.place.line == 1002)
        #expect(Self.verify(lines, keys: []).finding == nil)
        let written = Self.trail(0..<2500, checkpointEvery: 9999)
        let verification = Self.verify(written)
        #expect(verification.finding == nil && verification.checkpointCount == 2)
    }

    @Test("lines of earlier versions are before the chain, and the first link covers the last of them")
    func earlierVersions() {
        var lines = [Self.event(0), Self.event(1)]
        lines += Self.trail(2..<6, after: lines[1])
        let verification = Self.verify(lines)
        // A start behind other lines begins with a checkpoint.
        #expect(verification.finding == nil && verification.earlierCount == 2 && verification.linkedCount == 6)
        var changed = lines
        changed[1] = Self.event(7)
        #expect(Self.verify(changed).finding?.place.line == 2)
        #expect(Self.verify([Self.event(0)]).linkedCount == 0)
    }

    @Test("a line that a crash left unfinished is counted, and the next one names it")
    func torn() {
        var lines = Self.trail(0..<3)
        lines.append(String(Self.event(3).prefix(40)))
        lines += Self.trail(4..<6, after: lines[3])
        let verification = Self.verify(lines)
        #expect(verification.finding == nil && verification.tornCount == 1)
        var changed = lines
        changed[3] = String(Self.event(3).prefix(41))
        #expect(Self.verify(changed).finding?.place.line == 4)
    }

    @Test("a checkpoint comes after a minute, after a thousand lines, and not where nothing is new")
    func checkpoints() {
        var chain = AuditChain(after: nil, key: Self.key)
        #expect(chain.checkpoint(now: Self.start).isEmpty)
        _ = chain.link(Self.bytes(0..<1), now: Self.start)
        #expect(!chain.isCheckpointDue(Self.start + .seconds(59)) && chain.isUncovered)
        #expect(chain.isCheckpointDue(Self.start + .seconds(60)))
        #expect(chain.isCheckpointDue(Self.start - .seconds(1)))
        let late = chain.link([], now: Self.start + .seconds(60))
        #expect(String(decoding: late, as: UTF8.self).contains("audit.checkpoint") && !chain.isUncovered)
        chain.beginFile()
        #expect(!chain.isCheckpointDue(Self.start + .seconds(600)))
        let many = String(decoding: chain.link(Self.bytes(0..<2001), now: Self.start), as: UTF8.self)
        #expect(many.components(separated: "audit.checkpoint") == 3)
        var keyless = AuditChain(after: nil)
        _ = keyless.link(Self.bytes(0..<1), now: Self.start)
        #expect(!keyless.isUncovered && keyless.checkpoint(now: Self.start).isEmpty)
    }
}

extension String {
    fileprivate func components(separated separator: String) -> Int { split(separator: separator).count }
}
