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

    var title: String { "Connect a device" }

    func body(action: String) -> HTML {
        let problem: HTML =
            isWrong
            ? """
            <p class="warn">\(PageIcon.attention)<span>This code is unknown, or it has expired. Compare it with the one on your \
            device, or start again there.</span></p>
            """ : .none
        return """
            <h1>Connect a device</h1>
            \(problem)
            <p>Enter the code that your device or your terminal shows.</p>
            <p class="quiet">Continue only if you started this yourself. If another person sent you a code or this address, \
            close the page: with your approval that person could act as you.</p>
            <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
            <p><label>Code <input name="user_code" value="\(code)" autocomplete="off" autocapitalize="characters" \
            spellcheck="false" maxlength="16" required></label></p>
            <div class="actions"><button type="submit" class="main">Continue</button></div></form>
            """
    }
}
