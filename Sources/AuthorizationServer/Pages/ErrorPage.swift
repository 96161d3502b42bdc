import OAuthProtocol

/// A page for a person whose login cannot continue: what happened, and what to do.
///
/// It contains no link from a client's request, and names no version (AZ-2, D-79).
struct ErrorPage: Sendable {
    let title: String
    let explanation: HTML
    let remedy: HTML

    var body: HTML {
        "\(NoticePage.Tone.bad.picture)<h1>\(title)</h1><p>\(explanation)</p><p class=\"quiet\">\(remedy)</p>"
    }

    /// The login took too long, has been finished, or never existed (AZ-20).
    static var expired: ErrorPage { ErrorPage(.expiredTitle, .expiredText) }
    /// The browser does not have the cookie of the flow, because another one approved it (D-51) or it is finished.
    static var wrongBrowser: ErrorPage { ErrorPage(.wrongBrowserTitle, .wrongBrowserText, remedy: .wrongBrowserRemedy) }
    /// The form was sent from another site, or without cookies (D-54).
    static var foreignForm: ErrorPage { ErrorPage(.foreignFormTitle, .foreignFormText, remedy: .startAgainWithCookies) }
    /// The client's metadata document was changed while its consent page was open (CM-10).
    static var changedClient: ErrorPage { ErrorPage(.changedClientTitle, .changedClientText) }
    /// The form is incomplete or changed.
    static var badForm: ErrorPage { ErrorPage(.badFormTitle, .badFormText) }
    /// The page has already been answered.
    static var alreadyUsed: ErrorPage { ErrorPage(.alreadyUsedTitle, .alreadyUsedText, remedy: .alreadyUsedRemedy) }
    /// The upstream answer is malformed or belongs to another provider (D-65).
    static var badCallback: ErrorPage { ErrorPage(.badCallbackTitle, .badCallbackText) }
    /// No provider has this callback path.
    static var unknownUpstream: ErrorPage { ErrorPage(.unknownUpstreamTitle, .unknownUpstreamText) }
    /// The link was not created by this server.
    static var badLink: ErrorPage { ErrorPage(.badLinkTitle, .badLinkText) }
    /// The link has been used or has expired.
    static var expiredLink: ErrorPage { ErrorPage(.expiredLinkTitle, .expiredLinkText, remedy: .expiredLinkRemedy) }
    /// The source began more logins than its allowance (D-80).
    static var tooManyLogins: ErrorPage { ErrorPage(.tooManyLoginsTitle, .tooManyLoginsText, remedy: .waitAndRetry) }
    /// A bound was reached.
    static var overloaded: ErrorPage { ErrorPage(.overloadedTitle, .overloadedText, remedy: .waitAndRetry) }

    /// The page for an authorization request that is invalid before its redirect URI is verified (AZ-2, AZ-3).
    init(_ problem: AuthorizationPageError.Problem) {
        switch problem {
        case .malformedQuery:
            self.init(.malformedTitle, .malformedText, remedy: .informDevelopers)
        case .duplicateParameter(let name):
            self.init(.duplicateTitle, PageText.duplicateText.html(["name": "\(name)"]), remedy: .informDevelopers)
        case .missingClient:
            self.init(.missingClientTitle, .missingClientText, remedy: .informDevelopers)
        case .unknownClient:
            self.init(.unknownClientTitle, .unknownClientText, remedy: .unknownClientRemedy)
        case .missingRedirectURI:
            self.init(.missingRedirectTitle, .missingRedirectText, remedy: .informDevelopers)
        case .unregisteredRedirectURI:
            self.init(.unregisteredRedirectTitle, .unregisteredRedirectText, remedy: .unregisteredRedirectRemedy)
        case .clientMetadataUnavailable(let reason):
            self.init(
                .descriptionUnavailableTitle,
                PageText.descriptionReason.html(["reason": .english(reason)]),
                remedy: .descriptionUnavailableRemedy
            )
        case .clientMetadataUnacceptable(let reason):
            self.init(
                .descriptionInvalidTitle,
                PageText.descriptionReason.html(["reason": .english(reason)]),
                remedy: .descriptionInvalidRemedy
            )
        case .clientMetadataThrottled:
            self.init(.throttledTitle, .throttledText, remedy: .waitAndRetry)
        case .temporarilyUnavailable:
            self = .overloaded
        case .unknownRequestURI:
            self.init(.requestExpiredTitle, .requestExpiredText, remedy: .informDevelopers)
        }
    }

    private init(_ title: PageText, _ explanation: HTML, remedy: PageText) {
        self.title = title.text()
        self.explanation = explanation
        self.remedy = remedy.html()
    }

    private init(_ title: PageText, _ explanation: PageText, remedy: PageText = .startAgain) {
        self.init(title, explanation.html(), remedy: remedy)
    }
}
