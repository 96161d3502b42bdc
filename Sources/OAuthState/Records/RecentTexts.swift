import OAuthProtocol

/// Recently read texts and scope sets: rows that repeat them share one copy, and are read faster.
///
/// A million sessions of a thousand clients name few clients, resources and scopes. The table has a fixed size; a text
/// that was replaced by another is simply read again.
struct RecentTexts: Sendable {
    private var texts: [Entry<String>?] = []
    private var scopeSets: [Entry<ScopeSet>?] = []

    private struct Entry<Value: Sendable>: Sendable {
        let bytes: [UInt8]
        let value: Value
    }

    private static let placeCount = 256
    /// Longer texts are not client ids or scopes.
    private static let byteCountMax = 512
    /// Shorter ones are stored in the `String` itself and cost no memory.
    private static let byteCountMin = 16

    /// The text of these bytes; `nil` when they are not UTF-8.
    mutating func text(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count >= Self.byteCountMin, bytes.count <= Self.byteCountMax else { return Self.decode(bytes) }
        return Self.value(of: bytes, in: &texts, Self.decode)
    }

    /// The scope set of these bytes; `nil` when they are not UTF-8.
    mutating func scopes(_ bytes: Span<UInt8>) -> ScopeSet? {
        guard bytes.count <= Self.byteCountMax else { return Self.decodeScopes(bytes) }
        return Self.value(of: bytes, in: &scopeSets, Self.decodeScopes)
    }

    private static func value<Value>(
        of bytes: Span<UInt8>,
        in entries: inout [Entry<Value>?],
        _ decode: (Span<UInt8>) -> Value?
    ) -> Value? {
        if entries.isEmpty { entries = Array(repeating: nil, count: placeCount) }
        let place = place(of: bytes)
        if let entry = entries[place], isEqual(entry.bytes.span, bytes) { return entry.value }
        guard let value = decode(bytes) else { return nil }
        entries[place] = Entry(bytes: bytes.indices.map { bytes[$0] }, value: value)
        return value
    }

    private static func place(of bytes: Span<UInt8>) -> Int {
        var hash = UInt32(truncatingIfNeeded: bytes.count)
        // Some of the bytes suffice: a collision only costs another read.
        let stride = max(1, bytes.count / 8)
        var index = bytes.count - 1
        while index >= 0 {
            hash = (hash ^ UInt32(bytes[index])) &* 0x0100_0193
            index -= stride
        }
        return Int((hash ^ hash >> 16) % UInt32(placeCount))
    }

    private static func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    private static func decode(_ bytes: Span<UInt8>) -> String? {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            return nil
        }
    }

    private static func decodeScopes(_ bytes: Span<UInt8>) -> ScopeSet? {
        decode(bytes).map { ScopeSet($0.split(separator: " ").map(String.init)) }
    }
}
