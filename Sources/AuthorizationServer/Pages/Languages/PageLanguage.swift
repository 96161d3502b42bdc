import OAuthProtocol

/// A language of the pages for people.
enum PageLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
    case japanese = "ja"

    /// The language of the request that is being answered.
    ///
    /// Bound to the task, because nearly every step of a login can end in a page, and none but the page needs it.
    @TaskLocal static var current = PageLanguage.english

    /// The tags of all languages, for metadata.
    static var tags: [String] { allCases.map(\.rawValue) }

    /// RFC 4647 §3.4, lookup: the first range, shortened from its end until it is the tag of a language.
    ///
    /// - Parameter ranges: Language ranges in the order of the user's preference, such as `de-CH`.
    /// - Returns: `nil` when no range matches; `*` matches no language rather than any.
    static func lookup(_ ranges: some Sequence<Substring>) -> PageLanguage? {
        for range in ranges.prefix(rangeCountMax) where range.utf8.count <= rangeByteCountMax {
            var subtags = range.lowercased().split(separator: "-", omittingEmptySubsequences: false)
            while let last = subtags.last {
                if let language = PageLanguage(rawValue: subtags.joined(separator: "-")) { return language }
                subtags.removeLast()
                // A single letter introduces the subtags after it, and goes with them.
                if last.count > 0, let left = subtags.last, left.count == 1 { subtags.removeLast() }
            }
        }
        return nil
    }

    /// The ranges of `Accept-Language`, the most wanted first (RFC 9110 §12.5.4); those with weight 0 are left out.
    static func ranges(acceptLanguage field: String) -> [Substring] {
        guard field.utf8.count <= fieldByteCountMax else { return [] }
        let weighted = field.split(separator: ",").prefix(rangeCountMax).compactMap { element -> (Substring, Int)? in
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
            guard let range = parts.first, !range.isEmpty else { return nil }
            guard parts.count > 1 else { return (range, 1000) }
            guard parts.count == 2, let weight = weight(parts[1]) else { return nil }
            return (range, weight)
        }
        // Stable: of equal weights the first is preferred.
        return weighted.filter { $0.1 > 0 }.enumerated()
            .sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.map(\.element.0)
    }

    private static let rangeCountMax = 16
    private static let rangeByteCountMax = 35
    private static let fieldByteCountMax = 1024

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }

    /// A weight in thousandths, of the form `q=0.8`; `nil` for anything else.
    private static func weight(_ text: Substring) -> Int? {
        guard text.lowercased().hasPrefix("q=") else { return nil }
        let number = text.dropFirst(2)
        guard let match = number.wholeMatch(of: /([01])(?:\.(\d{0,3}))?/) else { return nil }
        let thousandths = Int((match.2.map(String.init) ?? "").padding("0", to: 3)) ?? 0
        let weight = (match.1 == "1" ? 1000 : 0) + thousandths
        return weight <= 1000 ? weight : nil
    }
}

extension String {
    fileprivate func padding(_ character: Character, to count: Int) -> String {
        self + String(repeating: character, count: Swift.max(0, count - self.count))
    }
}
