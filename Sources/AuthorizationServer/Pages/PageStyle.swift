import Foundations

/// The design of the pages: one card on a plain background, or the whole screen of a phone; light or dark as the
/// browser is set.
///
/// Text has a contrast of at least 4.5 to 1 in both, and touch targets are at least 44 points high; the end-to-end
/// tests measure both in a browser.
enum PageStyle {
    /// The style sheet of every page.
    static let sheet = HTML(stringLiteral: PageSheet.css)
}

/// The pictures on the pages; none adds information to the text beside it.
enum PageIcon {
    /// Shown beside the server's own name.
    static let gate: HTML = icon("<path d=\"M4 21V9l8-6 8 6v12M4 21h16M9 21v-6a3 3 0 0 1 6 0v6\"/>", size: "20")
    /// Success.
    static let check: HTML = icon("<path d=\"M5 12.5l4.5 4.5L19 7.5\"/>", size: "24")
    /// A warning to be read before continuing.
    static let attention: HTML = icon(
        "<path d=\"M12 7v6M12 16.5v.5\"/><circle cx=\"12\" cy=\"12\" r=\"9\"/>",
        size: "24"
    )

    /// The tab's icon, inside the page because a separate request would find nothing.
    static let tab: HTML = """
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' \
        stroke='%230b57d0' stroke-width='2'%3E%3Cpath d='M4 21V9l8-6 8 6v12M4 21h16M9 21v-6a3 3 0 0 1 6 0v6'/%3E%3C/svg%3E">
        """

    private static func icon(_ shape: HTML, size: String) -> HTML {
        "<svg viewBox=\"0 0 24 24\" width=\"\(size)\" height=\"\(size)\" aria-hidden=\"true\">\(shape)</svg>"
    }
}
