/// The facts in a snapshot's header.
package struct SnapshotDescription: Equatable, Sendable {
    /// The name of the file.
    package let file: String
    /// The number in the name; a later snapshot has a higher one.
    package let number: UInt64
    /// The snapshot contains the effect of every record up to here.
    package let position: JournalPosition
    /// When it was taken, in seconds since 1970.
    package let creationSeconds: Int64
    /// The length of the file in bytes.
    package let byteCount: UInt64
}
