/// A value that never shows itself: printed, interpolated, dumped or mirrored, it says `<redacted>`.
///
/// Stops keys and tokens from reaching a log, a metric or an error through string interpolation (D-25).
package protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// Always `<redacted>`.
    package var description: String { "<redacted>" }
    /// Always `<redacted>`.
    package var debugDescription: String { "<redacted>" }
    /// A mirror without children: `dump` and encoders that use reflection find nothing.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
