import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The bytes that records are made of: a change of these literals needs a new version of the format.
@Suite("Records: numbers, texts and their bounds")
struct RecordPrimitiveTests {
    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 0x0F, radix: 16) }.joined()
    }

    @Test("integers are big-endian, texts are counted, options flagged")
    func primitives() throws {
        var writer = BinaryWriter()
        writer.write(UInt8(1))
        writer.write(UInt32(0x0203_0405))
        writer.write(Int64(-2))
        writer.write(true)
        writer.write("é")
        writer.write([UInt8(9), 8])
        writer.write(String?.none) { $0.write($1) }
        writer.write(String?.some("")) { $0.write($1) }
        writer.write(["a"]) { $0.write($1) }
        writer.write(Timestamp(millisecondsSinceEpoch: 3))
        #expect(
            Self.hexadecimal(writer.bytes)
                == "01" + "02030405" + "fffffffffffffffe" + "01" + "00000002c3a9" + "000000020908" + "00" + "0100000000"
                + "000000010000000161" + "0000000000000003"
        )
        var reader = BinaryReader(writer.bytes)
        #expect(try reader.integer(UInt8.self) == 1)
        #expect(try reader.integer(UInt32.self) == 0x0203_0405)
        #expect(try reader.integer(Int64.self) == -2)
        #expect(try reader.bool())
        #expect(try reader.string() == "é")
        #expect(try reader.byteArray() == [9, 8])
        #expect(try reader.optional { (reader) throws(RecordError) in try reader.string() } == nil)
        #expect(try reader.optional { (reader) throws(RecordError) in try reader.string() } == "")
        #expect(try reader.array { (reader) throws(RecordError) in try reader.string() } == ["a"])
        #expect(try reader.timestamp() == Timestamp(millisecondsSinceEpoch: 3))
        #expect(reader.isAtEnd)
    }

    @Test("what is no flag, no UTF-8 or beyond the end is refused")
    func refusals() {
        #expect(throws: RecordError.self) {
            var reader = BinaryReader([2])
            _ = try reader.bool()
        }
        #expect(throws: RecordError.self) {
            var reader = BinaryReader([0, 0, 0, 1, 0xFF])
            _ = try reader.string()
        }
        #expect(throws: RecordError.self) {
            var reader = BinaryReader([0, 0, 0, 2, 0x61])
            _ = try reader.byteArray()
        }
        #expect(throws: RecordError.self) {
            var reader = BinaryReader([UInt8](repeating: 0, count: 31))
            _ = try reader.digest()
        }
        #expect(throws: RecordError.self) {
            var reader = BinaryReader([0xFF, 0xFF, 0xFF, 0xFF, 0x61])
            _ = try reader.array { (reader) throws(RecordError) in try reader.bool() }
        }
    }

    @Test("extreme numbers read back", arguments: [Int64.min, -1, 0, 1, Int64.max])
    func extremes(number: Int64) throws {
        var writer = BinaryWriter()
        writer.write(number)
        writer.write(UInt64.max)
        var reader = BinaryReader(writer.bytes)
        #expect(try reader.integer(Int64.self) == number)
        #expect(try reader.integer(UInt64.self) == .max)
    }
}
