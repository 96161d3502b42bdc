import OAuthProtocol
import Testing

@testable import ServerCommand

@Suite("Tables for people")
struct OutputTableTests {
    @Test("columns are as wide as their widest cell, and what is missing is a dash")
    func columns() {
        let rows: [JSONObject] = [["a": "x", "b_c": 12], ["a": "long", "b_c": ["y", true]], [:]]
        #expect(
            OutputTable.lines(rows, columns: ["a", "b_c"]) == ["A     B C", "x     12", "long  y,yes", "-     -"]
        )
    }

    @Test("a self-asserted name cannot move the cursor or reverse the text")
    func controlCharacters() {
        #expect(OutputTable.text("a\u{1B}[2Jb\n\u{202E}c") == "a[2Jbc")
    }
}
