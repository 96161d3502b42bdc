import OAuthProtocol

extension OAuthError.Advice {
    /// The advice in plain words: whether to try again, to ask the operator, or to choose another account.
    var text: String {
        switch self {
        case .tryAgain: "Wait a minute and try again."
        case .startAgain: "Go back to your application and start again."
        case .askOperator:
            "Trying again is not likely to help. Ask the operator of this server, who finds the reason by the reference."
        case .chooseAnotherAccount: "Go back to your application, start again, and choose another account."
        }
    }

    /// The advice as a paragraph of a page.
    var paragraph: HTML { "<p class=\"quiet\">\(text)</p>" }
}

extension OAuthError.Advice? {
    /// The advice as a paragraph of a page; nothing without one.
    var paragraph: HTML { map(\.paragraph) ?? .none }
}
