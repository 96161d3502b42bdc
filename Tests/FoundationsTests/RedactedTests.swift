import Foundations
import Testing

@Suite("A redacted value never shows itself (D-25)")
struct RedactedTests {
    private struct Key: Redacted {
        let bytes: [UInt8] = [250, 251]
    }

    @Test("to print, debug print, interpolation, dump and mirrors it says the same")
    func shown() {
        let key = Key()
        #expect(key.bytes.count == 2)
        #expect(String(describing: key) == "<redacted>")
        #expect(String(reflecting: key) == "<redacted>")
        #expect("\([key]) \(Optional(key) as Any)" == "[<redacted>] Optional(<redacted>)")
        #expect(Mirror(reflecting: key).children.isEmpty)
        var dumped = ""
        dump((name: "holder", key: key), to: &dumped)
        #expect(dumped.contains("key: <redacted>") && !dumped.contains("250"))
    }
}
