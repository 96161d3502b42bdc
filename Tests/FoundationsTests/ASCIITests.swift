import Foundations
import Testing

@Suite("Questions about single bytes")
struct ASCIITests {
    private static func bytes(_ text: String) -> Set<UInt8> { Set(text.utf8) }

    private static let digits = "0123456789"
    private static let lowerCase = "abcdefghijklmnopqrstuvwxyz"
    private static let upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    @Test("each kind of character has exactly its members among all 256 bytes")
    func kinds() {
        let all = UInt8.min...UInt8.max
        #expect(Set(all.filter(\.isASCIIDigit)) == Self.bytes(Self.digits))
        #expect(Set(all.filter(\.isASCIILetter)) == Self.bytes(Self.lowerCase + Self.upperCase))
        #expect(Set(all.filter(\.isASCIIHexDigit)) == Self.bytes(Self.digits + "abcdefABCDEF"))
        // RFC 3986 §2.3
        #expect(Set(all.filter(\.isUnreserved)) == Self.bytes(Self.digits + Self.lowerCase + Self.upperCase + "-._~"))
    }

    @Test("only capital letters change their case")
    func lowercase() {
        for (upper, lower) in zip(Self.upperCase.utf8, Self.lowerCase.utf8) { #expect(upper.lowercasedASCII == lower) }
        let others = (UInt8.min...UInt8.max).filter { !Self.bytes(Self.upperCase).contains($0) }
        #expect(others.allSatisfy { $0.lowercasedASCII == $0 })
        #expect("ÀB-Ωİ@[".lowercasedASCII == "Àb-Ωİ@[")
    }

    @Test("a hexadecimal digit has its value in either case, and no other byte has one")
    func hexadecimalValues() {
        for (value, digit) in "0123456789abcdef".utf8.enumerated() { #expect(digit.hexadecimalValue == UInt8(value)) }
        for (value, digit) in "0123456789ABCDEF".utf8.enumerated() {
            #expect(digit.hexadecimalValue == UInt8(value))
            #expect(Hexadecimal.upperCaseDigit(UInt8(value)) == digit)
        }
        #expect((UInt8.min...UInt8.max).count { $0.hexadecimalValue != nil } == 22)
    }
}

@Suite("RFC 4648 §8: bytes as hexadecimal digits")
struct HexadecimalTests {
    @Test("what was written is read, in either case")
    func roundTrip() {
        let bytes = Array(UInt8.min...UInt8.max)
        let text = Hexadecimal.encode(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
        #expect(Hexadecimal.decode(text.utf8) == bytes)
        #expect(Hexadecimal.decode(text.uppercased().utf8) == bytes)
        #expect(Hexadecimal.decode("".utf8) == [])
    }

    @Test("an odd count and any other byte are refused", arguments: ["0", "000", "0g", "g0", " 0", "0 ", "0x", "é"])
    func refusals(text: String) {
        #expect(Hexadecimal.decode(text.utf8) == nil)
    }
}
