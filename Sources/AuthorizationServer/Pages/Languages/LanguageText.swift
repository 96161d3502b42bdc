/// The messages of one language, a line `name = words` for each, in groups by the pages that use them.
///
/// A language that lacks a group does not compile; a test finds one that lacks a message.
protocol LanguageText {
    static var common: String { get }
    static var endings: String { get }
    static var requests: String { get }
    static var results: String { get }
    static var agents: String { get }
    static var connections: String { get }
    static var consent: String { get }
    static var signIn: String { get }
}

extension LanguageText {
    /// The messages by their names.
    static var messages: [String: PageTemplate] {
        var messages: [String: PageTemplate] = [:]
        for group in [common, endings, requests, results, agents, connections, consent, signIn] {
            for line in group.split(separator: "\n") {
                let parts = line.split(separator: " = ", maxSplits: 1)
                if parts.count == 2 { messages[String(parts[0])] = PageTemplate(parts[1]) }
            }
        }
        return messages
    }
}

/// The messages in English, from which the other languages are translated.
enum EnglishText: LanguageText {}

enum GermanText: LanguageText {}

enum FrenchText: LanguageText {}

enum SpanishText: LanguageText {}

enum JapaneseText: LanguageText {}
