package import OpenSSLCrypto

/// A random 128-bit identifier of something that is stored; its wire form is a prefix and base64url.
package protocol StoredIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// The prefix of its wire form, such as `ts_`.
    static var prefix: String { get }
    /// The 128 bits.
    var value: Bits128 { get }
    /// The identifier with these 128 bits.
    init(value: Bits128)
}

extension StoredIdentifier {
    /// A new random identifier.
    package init(random: some RandomSource) {
        self.init(bytes: random.bytes(16))
    }

    /// The identifier of 16 big-endian bytes; further bytes are ignored.
    package init(bytes: [UInt8]) {
        self.init(bytes.span)
    }

    /// The identifier of 16 big-endian bytes; further bytes are ignored.
    package init(_ bytes: Span<UInt8>) {
        precondition(bytes.count >= 16, "an identifier needs 16 bytes")
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<8 { (high, low) = (high << 8 | UInt64(bytes[index]), low << 8 | UInt64(bytes[index + 8])) }
        self.init(value: Bits128(high: high, low: low))
    }

    /// Reads the wire form; `nil` for anything else.
    package init?(_ text: String) {
        let prefixCount = Self.prefix.utf8.count
        guard text.utf8.count == prefixCount + IdentifierText.symbolCount, text.hasPrefix(Self.prefix) else {
            return nil
        }
        let symbols = text.utf8.span.extracting(prefixCount..<text.utf8.count)
        guard let bytes = Base64URL.decode(symbols), bytes.count == 16 else { return nil }
        self.init(bytes: bytes)
    }

    /// The 16 bytes, big-endian.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(16)
        appendBytes(to: &output)
        return output
    }

    /// Appends the 16 bytes, big-endian.
    package func appendBytes(to output: inout [UInt8]) {
        output.append(addingCapacity: 16) { (output: inout OutputSpan<UInt8>) in
            for index in 0..<8 { output.append(UInt8(truncatingIfNeeded: value.high &>> UInt64(56 - 8 * index))) }
            for index in 0..<8 { output.append(UInt8(truncatingIfNeeded: value.low &>> UInt64(56 - 8 * index))) }
        }
    }

    /// The wire form.
    package var text: String {
        // Built on the stack, so that the string is the only allocation.
        var text = InlineArray<28, UInt8>(repeating: 0)  // IdentifierText.byteCountMax
        var count = 0
        IdentifierText.write(Self.prefix, value) { byte in
            text[count] = byte
            count += 1
        }
        return String(ascii: text.span.extracting(0..<count))
    }

    /// Appends the wire form to a buffer of ASCII.
    package func append(to output: inout [UInt8]) {
        output.append(addingCapacity: IdentifierText.byteCountMax) { (output: inout OutputSpan<UInt8>) in
            IdentifierText.write(Self.prefix, value) { output.append($0) }
        }
    }

    /// The wire form: identifiers are handles, never credentials (VT-1).
    package var description: String {
        text
    }
}

/// The wire form of identifiers, which occur in every token and in every line of the audit trail.
enum IdentifierText {
    /// How many base64url symbols 128 bits take.
    static let symbolCount = 22
    /// The longest prefix.
    private static let prefixCountMax = 6
    /// The longest wire form.
    static let byteCountMax = prefixCountMax + symbolCount

    /// Passes the characters of the wire form to `write`, one after the other.
    @inline(__always)
    static func write(_ prefix: String, _ value: Bits128, _ write: (UInt8) -> Void) {
        precondition(prefix.utf8.count <= prefixCountMax, "an identifier's prefix is too long")
        for byte in prefix.utf8 { write(byte) }
        // Ten symbols of the upper word, one of its last four bits with the lower word's first two, ten of the lower
        // word.
        for index in 0..<10 {
            write(Base64URL.symbol(of: UInt8(truncatingIfNeeded: value.high &>> UInt64(58 - 6 * index))))
        }
        write(Base64URL.symbol(of: UInt8(truncatingIfNeeded: value.high &<< 2 | value.low &>> 62)))
        for index in 0..<10 {
            write(Base64URL.symbol(of: UInt8(truncatingIfNeeded: value.low &>> UInt64(56 - 6 * index))))
        }
        // Two bits remain for the last symbol, at its upper end.
        write(Base64URL.symbol(of: UInt8(truncatingIfNeeded: value.low &<< 4)))
    }
}

/// Names a session: the value of the `tsid` claim.
///
/// A handle, never a credential (VT-1, JW-3).
package struct SessionID: StoredIdentifier {
    package static let prefix = "ts_"
    package let value: Bits128
    package init(value: Bits128) { self.value = value }
}

/// Names a user; the `sub` of our tokens (JW-2).
///
/// Opaque, and by its prefix never equal to a client's id (D-46).
package struct UserID: StoredIdentifier {
    package static let prefix = "u_"
    package let value: Bits128
    package init(value: Bits128) { self.value = value }
}

/// Names a connection: one user's tokens at one account of one upstream provider.
package struct ConnectionID: StoredIdentifier {
    package static let prefix = "cn_"
    package let value: Bits128
    package init(value: Bits128) { self.value = value }
}

/// Names an access token: its `jti` (RFC 7519 §4.1.7).
package struct TokenID: StoredIdentifier {
    package static let prefix = ""
    package let value: Bits128
    package init(value: Bits128) { self.value = value }
}
