import Foundations
import OAuthProtocol

/// Holds a secret of the configuration once the host has read it, and never prints it.
package struct SecretValue: Hashable, Sendable, Redacted {
    /// The secret's text; hand it only to code that compares, sends or derives from it.
    package let text: String

    /// Wraps a secret's text.
    package init(_ text: String) {
        self.text = text
    }

    /// The secret's UTF-8 bytes, for comparison in constant time and for keys.
    package var bytes: [UInt8] { Array(text.utf8) }
}
