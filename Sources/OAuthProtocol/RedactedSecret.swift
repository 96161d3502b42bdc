/// A type whose values are never printed: `description`, `debugDescription` and mirrors yield `<redacted>`.
///
/// Keeps tokens from reaching a log, a metric or an error through string interpolation by mistake (D-25).
package protocol RedactedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension RedactedSecret {
    /// `<redacted>`.
    package var description: String { "<redacted>" }
    /// `<redacted>`.
    package var debugDescription: String { "<redacted>" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
