import OAuthProtocol

/// The text of a header field with places for a user's values: `{key}`, or `Basic base64({user}:{token})`.
///
/// It is read before any value is known, so that no value can be taken for a place.
package struct CredentialTemplate: Hashable, Sendable {
    /// A part of the text.
    indirect enum Piece: Hashable, Sendable {
        case text(String)
        case field(String)
        case base64([Piece])
    }

    let pieces: [Piece]

    init(pieces: [Piece]) {
        self.pieces = pieces
    }

    /// Reads a template; `nil` when a brace or a parenthesis of `base64(` is not closed, or a line breaks.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        var rest = text[...]
        guard let pieces = Self.pieces(&rest, inside: false), rest.isEmpty else { return nil }
        self.pieces = pieces
    }

    /// The names of its places.
    package var fields: Set<String> { Self.fields(pieces) }

    /// The text with values in its places.
    func filled(_ values: [String: String]) -> String { Self.filled(pieces, values) }

    /// The template in its own notation.
    package var text: String { Self.text(pieces) }

    private static let opening = "base64("

    private static func pieces(_ rest: inout Substring, inside: Bool) -> [Piece]? {
        var pieces: [Piece] = []
        var text = ""
        func end() {
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
        }
        while let character = rest.first {
            if character == "{" {
                guard let close = rest.firstIndex(of: "}") else { return nil }
                end()
                pieces.append(.field(String(rest[rest.index(after: rest.startIndex)..<close])))
                rest = rest[rest.index(after: close)...]
            } else if !inside, rest.hasPrefix(opening) {
                end()
                rest = rest.dropFirst(opening.count)
                guard let inner = Self.pieces(&rest, inside: true), rest.first == ")" else { return nil }
                rest = rest.dropFirst()
                pieces.append(.base64(inner))
            } else if inside, character == ")" {
                end()
                return pieces
            } else if character == "}" {
                return nil
            } else {
                text.append(character)
                rest = rest.dropFirst()
            }
        }
        end()
        return pieces
    }

    private static func fields(_ pieces: [Piece]) -> Set<String> {
        pieces.reduce(into: []) { names, piece in
            switch piece {
            case .text: break
            case .field(let name): names.insert(name)
            case .base64(let inner): names.formUnion(fields(inner))
            }
        }
    }

    private static func filled(_ pieces: [Piece], _ values: [String: String]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .field(let name): values[name] ?? ""
            case .base64(let inner): Base64.encode(Array(filled(inner, values).utf8))
            }
        }.joined()
    }

    private static func text(_ pieces: [Piece]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .field(let name): "{" + name + "}"
            case .base64(let inner): opening + text(inner) + ")"
            }
        }.joined()
    }
}
