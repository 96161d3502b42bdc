/// Why a form or a query was refused.
package enum FormError: Error, Hashable, Sendable {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    case malformed
    /// More parameters than the bound allows.
    case tooManyParameters
    /// A parameter that must not be repeated occurs twice; its name is given.
    case duplicate(String)
}
