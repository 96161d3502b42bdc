/// A message split at its values.
struct PageTemplate: Sendable {
    /// A part of a message.
    enum Piece: Hashable, Sendable {
        /// Markup of the table, which is part of the source.
        case words(String)
        /// The value of this name.
        case value(String)
    }

    let pieces: [Piece]

    /// Reads a message: `{name}` is a value.
    init(_ text: Substring) {
        var pieces: [Piece] = []
        for (index, part) in text.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let end = part.firstIndex(of: "}") else {
                pieces.append(.words(String(part)))
                continue
            }
            pieces.append(.value(String(part[..<end])))
            pieces.append(.words(String(part[part.index(after: end)...])))
        }
        self.pieces = pieces.filter { $0 != .words("") }
    }

    /// The names of the values, sorted.
    var names: [String] {
        pieces.compactMap { if case .value(let name) = $0 { name } else { nil } }.sorted()
    }
}

extension PageText {
    /// The tables, read once.
    static let tables: [PageLanguage: [String: PageTemplate]] = [
        .english: EnglishText.messages, .german: GermanText.messages, .french: FrenchText.messages,
        .spanish: SpanishText.messages, .japanese: JapaneseText.messages,
    ]

    private var template: PageTemplate {
        // A test shows that every table has every message.
        Self.tables[.current]?[rawValue] ?? Self.tables[.english]?[rawValue] ?? PageTemplate(rawValue[...])
    }

    /// The message as markup in the language of the request.
    func html(_ values: [String: HTML] = [:]) -> HTML {
        HTML(
            stringLiteral: template.pieces.map { piece in
                switch piece {
                case .words(let words): words
                case .value(let name): values[name]?.markup ?? ""
                }
            }.joined()
        )
    }

    /// A message without markup as plain text, such as a title, in the language of the request.
    func text(_ values: [String: String] = [:]) -> String {
        template.pieces.map { piece in
            switch piece {
            case .words(let words): words
            case .value(let name): values[name] ?? ""
            }
        }.joined()
    }
}

extension HTML.StringInterpolation {
    /// A message without values.
    mutating func appendInterpolation(_ text: PageText) {
        markup += text.html().markup
    }
}

extension HTML {
    /// Text that this server has in English only, such as the reason of an error, marked as that on other pages.
    static func english(_ text: String) -> HTML {
        PageLanguage.current == .english ? "\(text)" : "<span lang=\"en\">\(text)</span>"
    }
}
