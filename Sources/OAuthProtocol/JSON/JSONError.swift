/// Why a JSON text was refused, and at which byte; never the text itself.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rule that the text broke.
    package enum Code: String, Sendable {
        /// A byte that the grammar does not allow at this place: NaN, a superfluous comma, a byte order mark, an
        /// unescaped control character.
        case unexpectedByte = "unexpected byte"
        /// The text stops inside a value.
        case unexpectedEnd = "unexpected end"
        /// Something other than whitespace follows the value.
        case trailingData = "data after the value"
        /// An escape that does not exist, or a `\u` without four hexadecimal digits.
        case invalidEscape = "invalid escape"
        /// Half a surrogate pair.
        case loneSurrogate = "lone surrogate"
        /// Bytes that are not UTF-8.
        case invalidUTF8 = "invalid UTF-8"
        /// A number with a leading zero, a sign or point without digits, or far too many digits.
        case invalidNumber = "invalid number"
        /// Two members of one object with the same name.
        case duplicateName = "duplicate member name"
        /// A bound of ``JSONLimits`` is exceeded.
        case limitExceeded = "too large or too deep"
        /// The value is valid but is not an object.
        case notAnObject = "not an object"
    }

    /// The rule that was broken.
    package let code: Code
    /// The offset in the text, in bytes from its start.
    package let offset: Int

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// The rule and the place, written for an error description.
    package var description: String { "\(code.rawValue) at byte \(offset)" }
}
