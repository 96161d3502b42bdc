import Foundation

/// The bytes of a hexadecimal literal; white space is skipped.
///
/// A wrong literal is a bug of the test.
func hex(_ text: String) -> [UInt8] {
    let digits: [Int] = text.filter { !$0.isWhitespace }.map { $0.hexDigitValue ?? -1 }
    precondition(digits.count.isMultiple(of: 2) && !digits.contains(-1), "bad hexadecimal literal")
    return stride(from: 0, to: digits.count, by: 2).map { position -> UInt8 in
        UInt8(digits[position] * 16 + digits[position + 1])
    }
}

/// The hexadecimal form of bytes, for readable comparisons.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The bytes of a base64url literal without padding (RFC 7515 §2).
func base64url(_ text: String) -> [UInt8] {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: standard + padding) else { preconditionFailure("bad base64url literal") }
    return Array(data)
}

extension String {
    /// The UTF-8 bytes.
    var bytes: [UInt8] { Array(utf8) }
}
