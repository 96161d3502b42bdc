extension TestBrowser.Page {
    /// What a user who agrees sends from a page.
    package struct Submission: Sendable {
        /// The form's `action`; empty when the form is sent to the page's own address.
        package let action: String
        /// The fields, in order.
        package let fields: [(String, String)]
    }

    /// What a user who agrees submits: one of the page's forms, as a browser sends it.
    ///
    /// Hidden fields keep their values; text fields get the hint. The form with a button for the hint comes first, then
    /// one with a button that agrees, then any with a button that does not decline.
    ///
    /// - Parameter hint: The user who signs in.
    /// - Returns: The submission, or `nil` when every form declines or has no field to submit.
    package func submission(for hint: String) -> Submission? {
        forms.compactMap { $0.answer(for: hint) }.max { $0.rank < $1.rank }?.submission
    }

    private var forms: [PageForm] {
        var forms: [PageForm] = []
        for tag in allTags {
            if tag.hasPrefix("form ") || tag == "form" {
                forms.append(PageForm(action: Self.attribute("action", of: tag) ?? ""))
            } else if !forms.isEmpty, tag.hasPrefix("input ") || tag.hasPrefix("button ") || tag == "button" {
                forms[forms.count - 1].add(tag)
            }
        }
        return forms
    }
}

/// A form of a page: its target, its fields and its buttons.
private struct PageForm {
    let action: String
    private var hidden: [(String, String)] = []
    private var texts: [String] = []
    private var buttons: [(name: String?, value: String)] = []

    private static let declining: Set<String> = ["deny", "cancel", "no", "reject", "decline", "abort"]
    private static let agreeing: Set<String> = [
        "approve", "allow", "accept", "yes", "connect", "continue", "authorize", "grant",
    ]

    init(action: String) { self.action = action }

    mutating func add(_ tag: Substring) {
        let name = TestBrowser.Page.attribute("name", of: tag)
        let value = TestBrowser.Page.attribute("value", of: tag) ?? ""
        guard tag.hasPrefix("input ") else {
            buttons.append((name, value))
            return
        }
        switch (TestBrowser.Page.attribute("type", of: tag), name) {
        case ("submit", _): buttons.append((name, value))
        case ("hidden", let name?): hidden.append((name, value))
        case ("text", let name?), ("email", let name?), (nil, let name?): texts.append(name)
        default: break
        }
    }

    /// The answer of a user who agrees; the form of the highest rank is the one to send.
    func answer(for hint: String) -> (rank: Int, submission: TestBrowser.Page.Submission)? {
        let choices = buttons.filter { !Self.declining.contains($0.value.lowercased()) }
        guard buttons.isEmpty || !choices.isEmpty else { return nil }
        let named = choices.first { !hint.isEmpty && $0.value == hint }
        let agreeing = choices.first { Self.agreeing.contains($0.value.lowercased()) }
        let choice = named ?? agreeing ?? choices.first
        var fields = hidden + texts.map { ($0, hint) }
        if let choice, let name = choice.name { fields.append((name, choice.value)) }
        guard !fields.isEmpty else { return nil }
        return (named != nil ? 2 : agreeing != nil ? 1 : 0, .init(action: action, fields: fields))
    }
}
