import Foundations
package import OpenSSLCrypto

/// RFC 8628 §6.1: the short code that a user reads on a device and enters in a browser.
///
/// Eight of twenty consonants, 34 bits: no word, no letter that looks like another, and too many to guess while the
/// attempts of a source are limited.
package struct UserCode: Hashable, Sendable, Redacted {
    /// The letters, without the hyphen.
    package let letters: String

    private static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ".utf8)
    private static let letterCount = 8
    /// The longest text that is read as a code.
    private static let inputByteCountMax = 64

    /// A fresh code; every letter is equally likely.
    package init(random: some RandomSource) {
        var letters: [UInt8] = []
        while letters.count < Self.letterCount {
            // The bytes above the last multiple of 20 would make some letters likelier.
            letters += random.bytes(16).filter { $0 < 240 }.map { Self.alphabet[Int($0) % Self.alphabet.count] }
        }
        self.letters = String(decoding: letters.prefix(Self.letterCount), as: UTF8.self)
    }

    /// The code that a user entered, whatever its case, spaces and hyphens; `nil` for any other text.
    package init?(entered text: String) {
        guard text.utf8.count <= Self.inputByteCountMax else { return nil }
        let letters = text.uppercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
        guard letters.count == Self.letterCount, letters.allSatisfy(Self.alphabet.contains) else { return nil }
        self.letters = String(decoding: letters, as: UTF8.self)
    }

    /// The code as it is shown: two groups of four.
    package var text: String { "\(letters.prefix(4))-\(letters.suffix(4))" }

    /// The hash under which a store has it.
    package var hash: SHA256Digest { SHA256.hash("user code\n\(letters)") }
}
