import OpenSSLCrypto

/// Hides numbers that a statement compares and a node reads again: digests of networks and user agents, of which there
/// are so few that a list of all would find them.
///
/// A keyed permutation of 64-bit numbers: four rounds of a Feistel network with HMAC-SHA-256. The same number is always
/// the same afterwards, so that statements can compare it; without the storage key it says nothing else.
struct NumberMask: Sendable {
    private let key: HMACSHA256Key

    private static let rounds: [UInt8] = [0, 1, 2, 3]

    init(key: HMACSHA256Key) {
        self.key = key
    }

    func masked(_ number: UInt64) -> UInt64 {
        var (left, right) = Self.halves(number)
        for round in Self.rounds { (left, right) = (right, left ^ word(round, right)) }
        return Self.joined(left, right)
    }

    func unmasked(_ number: UInt64) -> UInt64 {
        var (left, right) = Self.halves(number)
        for round in Self.rounds.reversed() { (left, right) = (right ^ word(round, left), left) }
        return Self.joined(left, right)
    }

    private static func halves(_ number: UInt64) -> (UInt32, UInt32) {
        (UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number))
    }

    private static func joined(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    private func word(_ round: UInt8, _ half: UInt32) -> UInt32 {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: half >> UInt32(24 - 8 * $0)) }
        return key.authenticationCode(for: [round] + bytes).bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
