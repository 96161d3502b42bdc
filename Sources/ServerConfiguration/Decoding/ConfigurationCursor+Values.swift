// The readers of single values.
extension ConfigurationCursor {
    /// Text that is not empty and has no control characters.
    func string() -> String? {
        switch node.content {
        case .scalar(let text) where text.isEmpty: refused("must not be empty")
        case .scalar(let text) where text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }:
            refused("must be one line without control characters")
        case .scalar(let text): text
        case .empty: refused("has no value")
        case .list, .map: refused("must be a single value")
        }
    }

    /// `true` or `false`, and nothing that only looks like it.
    func bool() -> Bool? {
        guard let text = string() else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: return refused("must be true or false, not \(text)")
        }
    }

    /// A whole number within bounds.
    func integer(in bounds: ClosedRange<Int>) -> Int? {
        guard let text = string() else { return nil }
        guard let number = Int(text), text == String(number) else {
            return refused("must be a whole number, not \(text)")
        }
        guard bounds.contains(number) else {
            return refused("\(number) is not between \(bounds.lowerBound) and \(bounds.upperBound)")
        }
        return number
    }

    /// A duration within bounds.
    func duration(in bounds: ClosedRange<Duration>) -> Duration? {
        guard let text = string() else { return nil }
        guard let duration = DurationText.parse(text) else {
            return refused("\(text) is not a duration; use a number and a unit, such as 30s, 5m, 1h30m or 7d")
        }
        if duration < bounds.lowerBound {
            return refused("\(text) is below the minimum of \(DurationText.format(bounds.lowerBound))")
        }
        if duration > bounds.upperBound {
            return refused("\(text) is above the maximum of \(DurationText.format(bounds.upperBound))")
        }
        return duration
    }

    /// One of some values, by its name.
    func choice<Choice>(among choices: [Choice], named name: (Choice) -> String) -> Choice? {
        guard let text = string() else { return nil }
        if let choice = choices.first(where: { name($0) == text }) { return choice }
        let words = choices.map(name)
        let hint = NearestName.of(text, among: words).map { "; did you mean \($0)?" } ?? ""
        return refused("\(text) is not one of \(words.joined(separator: ", "))\(hint)")
    }

    /// A list of texts, each once.
    func strings() -> [String]? {
        elements()?.reduce(into: []) { texts, element in
            guard let text = element.string() else { return }
            guard !texts.contains(text) else { return element.refuseRepetition() }
            texts.append(text)
        }
    }

    /// Reports an element that the list has already.
    func refuseRepetition() {
        refuse("\(text.map { "\($0) " } ?? "")is listed twice")
    }

    /// Text that passes a check that says what is wrong with it.
    func string(_ check: (String) -> String?) -> String? {
        guard let text = string() else { return nil }
        if let objection = check(text) { return refused(objection) }
        return text
    }

    /// One secret's place, or a list of them, the newest first.
    func secrets() -> SecretReference? {
        guard case .list = node.content, let cursors = elements() else { return secret() }
        guard (1...SecretReference.countMax).contains(cursors.count) else {
            return refused("must name 1 to \(SecretReference.countMax) secrets")
        }
        let references = cursors.compactMap { $0.secret() }
        for (index, reference) in references.enumerated() where references[..<index].contains(reference) {
            cursors[index].refuseRepetition()
        }
        return references.count == cursors.count ? .anyOf(references) : nil
    }

    /// Where a secret is kept; the secret itself is refused, because configuration files get committed and shown.
    func secret() -> SecretReference? {
        guard case .map(let entries) = node.content else {
            return refused(
                "secrets must not be written in the configuration; use {file: PATH} or {env: VARIABLE}"
            )
        }
        let file = self["file"]?.string()
        let variable = self["env"]?.string()
        // The file wins, so that a mounted secret cannot be shadowed by a leftover variable.
        if let file { return .file(file) }
        if let variable { return .environment(variable) }
        // An unknown name in the map was reported as such.
        if entries.isEmpty { refuse("names neither a file nor an env variable") }
        return nil
    }
}
