import OAuthProtocol

extension OAuthError.Advice {
    /// The advice in plain words: whether to try again, to ask the operator, or to choose another account.
    var text: PageText {
        switch self {
        case .tryAgain: .waitAndRetry
        case .startAgain: .startAgain
        case .askOperator: .askOperator
        case .chooseAnotherAccount: .chooseAnotherAccount
        }
    }

    /// The advice as a paragraph of a page.
    var paragraph: HTML { "<p class=\"quiet\">\(text)</p>" }
}

extension OAuthError.Advice? {
    /// The advice as a paragraph of a page; nothing without one.
    var paragraph: HTML { map(\.paragraph) ?? .none }
}
