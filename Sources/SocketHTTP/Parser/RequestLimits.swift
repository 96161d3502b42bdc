/// How much of one request is read before it is refused; each bound names the status of its refusal.
package struct RequestLimits: Sendable {
    /// The longest request line, without its line end: 414.
    ///
    /// It holds an authorization code of 16 KB, which some providers send.
    package var requestLineBytesMax = 16 * 1024 + 512
    /// The longest single field line: 431.
    package var fieldLineBytesMax = 16 * 1024
    /// The longest header block: 431.
    package var headerBlockBytesMax = 32 * 1024
    /// The most field lines: 431.
    package var fieldCountMax = 100
    /// The longest body, after its chunks are joined: 413.
    package var bodyBytesMax = 64 * 1024
    /// The longest line that announces a chunk, extensions included: 400.
    package var chunkLineBytesMax = 256
    /// The most bytes of chunk extensions in one body: 400.
    package var chunkExtensionBytesMax = 4 * 1024
    /// The longest trailer section: 431.
    package var trailerBytesMax = 8 * 1024

    /// Makes limits with these default values.
    package init() {}
}
