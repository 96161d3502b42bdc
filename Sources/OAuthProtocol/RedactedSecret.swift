/// A type whose values never show themselves: `description`, `debugDescription` and mirrors print `<redacted>`.
///
/// Stops tokens from reaching a log, a metric or an error by accident of string interpolation (D-25).
package protocol RedactedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension RedactedSecret {
    /// `<redacted>`.
    package var description: String { "<redacted>" }
    /// `<redacted>`.
    package var debugDescription: String { "<redacted>" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
