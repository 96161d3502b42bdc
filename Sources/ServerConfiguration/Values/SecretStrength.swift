/// NIST SP 800-63B §3.1.2: whether a secret that callers present has enough entropy to withstand guessing.
///
/// An estimate: it finds what is too short or repeats itself, and cannot know whether a text was chosen at random.
package enum SecretStrength {
    /// How many texts there must be of the secret's length and kinds of characters: as many as 128 random bits have.
    private static let combinationsMin = 0x1p128
    /// How long a text of letters, digits and `+/-_=` must be: 128 bits in hexadecimal.
    package static let byteCountMin = 32
    /// A text with fewer different characters is a repetition.
    private static let distinctCountMin = 8

    /// Why a secret is too weak; `nil` for one that is strong enough.
    ///
    /// Says nothing about the secret itself; `canBePermitted` is whether a key beside it permits a short one.
    package static func objection(to secret: SecretValue, canBePermitted: Bool = true) -> String? {
        let bytes = secret.bytes
        let isStrong =
            Set(bytes).count >= distinctCountMin
            && (isEncoded(bytes) && bytes.count >= byteCountMin || combinations(bytes) >= combinationsMin)
        guard !isStrong else { return nil }
        let advice = "is short enough to be guessed; use 32 random bytes (openssl rand -hex 32)"
        return canBePermitted ? advice + ", or set allow_short_secret: true beside it" : advice
    }

    private static func isEncoded(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { isLetter($0) || isDigit($0) || "+/-_=".utf8.contains($0) }
    }

    /// How many texts of this length consist of the kinds of characters that occur.
    private static func combinations(_ bytes: [UInt8]) -> Double {
        if bytes.allSatisfy({ isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }) {
            return bytes.prefix(128).reduce(1) { product, _ in product * 16 }
        }
        var alphabetCount = 0
        if bytes.contains(where: { isLetter($0) && $0 & 0x20 != 0 }) { alphabetCount += 26 }
        if bytes.contains(where: { isLetter($0) && $0 & 0x20 == 0 }) { alphabetCount += 26 }
        if bytes.contains(where: isDigit) { alphabetCount += 10 }
        // The 33 other printable characters of ASCII; a byte of a longer encoding counts no more.
        if bytes.contains(where: { !isLetter($0) && !isDigit($0) }) { alphabetCount += 33 }
        return bytes.prefix(128).reduce(1) { product, _ in product * Double(alphabetCount) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
