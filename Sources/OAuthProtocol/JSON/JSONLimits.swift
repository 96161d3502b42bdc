/// The bounds within which a JSON text is read, so that no body can exhaust the stack, memory or time.
package struct JSONLimits: Sendable, Hashable {
    /// How deep arrays and objects may nest; a bare scalar has depth 0.
    package var depth: Int
    /// The length of the whole text in bytes.
    package var byteCount: Int
    /// The number of members of one object.
    package var memberCount: Int
    /// The number of values in the whole text, containers included.
    package var valueCount: Int

    /// The deepest nesting that any caller can ask for: parsing recurses, and the stack is finite.
    package static let depthMax = 128

    /// Makes the bounds; the defaults suit every document that OAuth uses.
    package init(
        depth: Int = 32,
        byteCount: Int = 1_048_576,
        memberCount: Int = 1_000,
        valueCount: Int = 100_000
    ) {
        self.depth = min(depth, JSONLimits.depthMax)
        self.byteCount = byteCount
        self.memberCount = memberCount
        self.valueCount = valueCount
    }
}
