import OAuthProtocol

/// RFC 8628 §3.3: the page on which a user enters a device's code.
struct DevicePage {
    /// The path, short because people type it.
    static let path = "/device"

    /// The code in the address, if it has one; the user still has to send it.
    let code: String
    /// Whether the code that was sent is none of ours.
    let isWrong: Bool
    let ticket: String

    var title: String { PageText.deviceTitle.text() }

    func body(action: String) -> HTML {
        let problem: HTML =
            isWrong
            ? """
            <p class="warn">\(PageIcon.attention)<span>\(PageText.deviceWrong)</span></p>
            """ : .none
        return """
            <h1>\(title)</h1>
            \(problem)
            <p>\(PageText.deviceEnter)</p>
            <p class="quiet">\(PageText.deviceWarning)</p>
            <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
            <p><label>\(PageText.code) <input name="user_code" value="\(code)" autocomplete="off" autocapitalize="characters" \
            spellcheck="false" maxlength="16" required></label></p>
            <div class="actions"><button type="submit" class="main">\(PageText.proceed)</button></div></form>
            """
    }
}
