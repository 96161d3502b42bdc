import OAuthProtocol
import Testing

/// RFC 4648: both alphabets, strictly.
struct Base64Tests {
    @Test(
        "RFC 4648 §10 vectors",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(plain: String, text: String) {
        let unpadded = text.filter { $0 != "=" }
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text.utf8.span) == Array(plain.utf8))
        #expect(Base64URL.encode(Array(plain.utf8)) == unpadded)
        #expect(Base64URL.decode(unpadded) == Array(plain.utf8))
        #expect(Base64URL.decode(unpadded.utf8.span) == Array(plain.utf8))
        if unpadded != text { #expect(Base64.decode(unpadded.utf8.span) == nil) }
    }

    @Test("the alphabets differ in two symbols, and neither takes the other's")
    func alphabets() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]
        #expect(Base64.encode(bytes) == "++++////")
        #expect(Base64URL.encode(bytes) == "----____")
        #expect(Base64.decode("----____".utf8.span) == nil)
        #expect(Base64URL.decode("++++////") == nil)
    }

    @Test("every length comes back, and appending keeps what was there")
    func roundTrips() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes).utf8.span) == bytes)
            var buffer: [UInt8] = [1, 2]
            Base64URL.append(bytes, to: &buffer)
            #expect(buffer == [1, 2] + Base64URL.encodedBytes(bytes))
        }
    }

    @Test(
        "D-34: what is not the one spelling is refused",
        arguments: [
            "Zg==", "Zg=", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "Zm9vYh", "Zm9vYmF", "Zg ", " Zg", "Z g", "Zg\n",
            "Zg\r\n",
            "Zm9v\0", "Zm+v", "Zm/v", "Zm9.", "Zm9é", "====", "=", "Zm9v====", "Z%67", "Zm9\u{FF}",
        ]
    )
    func refusesBase64URL(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("every other last symbol than the canonical one is refused")
    func refusesStrayBits() {
        let symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(symbols.filter { Base64URL.decode("Z\($0)") != nil }.count == 4)
        #expect(symbols.filter { Base64URL.decode("Zm\($0)") != nil }.count == 16)
        #expect(symbols.filter { Base64URL.decode("Zm9\($0)") != nil }.count == 64)
    }

    @Test("no byte outside the alphabet passes, at any place")
    func refusesForeignSymbols() {
        for byte in UInt8.min...UInt8.max {
            let isSymbol = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains(byte)
            for place in 0..<8 {
                var text = Array("AAAAAAAA".utf8)
                text[place] = byte
                #expect((Base64URL.decode(text.span) != nil) == isSymbol)
            }
        }
    }

    @Test(
        "TK-13: padding is exact",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "Zm9v=", "Zm9v====", "=", "==", "===", "====", "Z===", "Zh==", "Zm9=",
            "Zg==Zg==", "Z=g=", " Zg==", "Zg==\n", "Zm9v\r\nZm9v", "Zm-v",
        ]
    )
    func refusesBase64(text: String) {
        #expect(Base64.decode(text.utf8.span) == nil)
    }
}
