import Foundations

/// HTML text that is safe by construction: whatever is interpolated is escaped (CO-6, D-58).
struct HTML: ExpressibleByStringInterpolation, Sendable {
    /// The markup.
    let markup: String

    /// Markup from the source, with escaped interpolations.
    struct StringInterpolation: StringInterpolationProtocol {
        var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            markup.reserveCapacity(literalCapacity + interpolationCount * 32)
        }

        mutating func appendLiteral(_ literal: String) {
            markup += literal
        }

        /// Text from outside: escaped for element content and quoted attributes.
        mutating func appendInterpolation(_ text: String) {
            markup.append(escapedForHTML: text)
        }

        /// Markup that is already safe.
        mutating func appendInterpolation(_ html: HTML) {
            markup += html.markup
        }

        /// Pieces of markup, one after the other.
        mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces {
                markup += piece.markup
            }
        }
    }

    init(stringLiteral value: String) {
        markup = value
    }

    init(stringInterpolation: StringInterpolation) {
        markup = stringInterpolation.markup
    }

    /// Pieces of markup with others between them.
    static func joined(_ pieces: [HTML], by separator: HTML) -> HTML {
        HTML(stringLiteral: pieces.map(\.markup).joined(separator: separator.markup))
    }

    /// No markup.
    static let none: HTML = ""
}
