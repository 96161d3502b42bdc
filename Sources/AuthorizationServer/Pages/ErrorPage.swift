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
    static let expired = ErrorPage(
        title: "This login is no longer valid",
        explanation: "It took more than ten minutes, or it is already finished.",
        remedy: "Go back to your application and start again."
    )
    /// The browser does not have the cookie of the flow, because another one approved it (D-51) or it is finished.
    static let wrongBrowser = ErrorPage(
        title: "This login cannot continue in this browser",
        explanation: """
            It was approved in another browser, took more than ten minutes, or is already finished. \
            For your safety a login has to be finished where it was approved.
            """,
        remedy: """
            If someone sent you the link, do not use it. \
            Otherwise start again in your application, with cookies allowed.
            """
    )
    /// The form was sent from another site, or without cookies (D-54).
    static let foreignForm = ErrorPage(
        title: "This form was not sent from our page",
        explanation: "The form was sent from another site, another browser, or without cookies.",
        remedy: "Go back to your application and start again, with cookies allowed."
    )
    /// The client's metadata document was changed while its consent page was open (CM-10).
    static let changedClient = ErrorPage(
        title: "The application has just changed its description",
        explanation: "The description that you saw is no longer current.",
        remedy: "Go back to your application and start again."
    )
    /// The form is incomplete or changed.
    static let badForm = ErrorPage(
        title: "This form is incomplete",
        explanation: "A part of it is missing or was changed.",
        remedy: "Go back to your application and start again."
    )
    /// The page has already been answered.
    static let alreadyUsed = ErrorPage(
        title: "This page has already been answered",
        explanation: "An approval can be given once.",
        remedy: "Go back to your application; if it does not continue, start again there."
    )
    /// The upstream answer is malformed or belongs to another provider (D-65).
    static let badCallback = ErrorPage(
        title: "The identity provider’s answer is invalid",
        explanation: "It is incomplete, repeated, or for another login.",
        remedy: "Go back to your application and start again."
    )
    /// No provider has this callback path.
    static let unknownUpstream = ErrorPage(
        title: "The identity provider is unknown",
        explanation: "The address names a provider that is not configured.",
        remedy: "Go back to your application and start again."
    )
    /// The link was not created by this server.
    static let badLink = ErrorPage(
        title: "This link is invalid",
        explanation: "It is incomplete, or was not made by this server.",
        remedy: "Go back to your application and start again."
    )
    /// The link has been used or has expired.
    static let expiredLink = ErrorPage(
        title: "This link is no longer valid",
        explanation: "A link works once, within ten minutes.",
        remedy: "Go back to your application and repeat the last step; it asks again if necessary."
    )
    /// The source began more logins than its allowance (D-80).
    static let tooManyLogins = ErrorPage(
        title: "Too many logins from your network",
        explanation: "More logins were started from your address than this server allows in a short time.",
        remedy: "Wait a minute and try again."
    )
    /// A bound was reached.
    static let overloaded = ErrorPage(
        title: "Too many logins at the moment",
        explanation: "The server is at its limit.",
        remedy: "Wait a minute and try again."
    )

    /// The page for an authorization request that is invalid before its redirect URI is verified (AZ-2, AZ-3).
    init(_ problem: AuthorizationPageError.Problem) {
        switch problem {
        case .malformedQuery:
            self.init("This request is malformed", "The application sent a request that cannot be read.")
        case .duplicateParameter(let name):
            self.init("The request is ambiguous", "The application sent the parameter <code>\(name)</code> twice.")
        case .missingClient:
            self.init("The request names no application", "The parameter <code>client_id</code> is missing.")
        case .unknownClient:
            self.init(
                "This application is not registered here",
                "This server does not know its registration, or has removed it.",
                remedy: "Remove the connection in your application and add it again; it then registers again."
            )
        case .missingRedirectURI:
            self.init("The request has no return address", "The parameter <code>redirect_uri</code> is missing.")
        case .unregisteredRedirectURI:
            self.init(
                "The return address is not registered",
                "The application asked to return to an address that it did not register. Nothing was sent there.",
                remedy: "Remove the connection in your application and add it again."
            )
        case .clientMetadataUnavailable(let reason):
            self.init(
                "The application’s description cannot be fetched",
                "The description is at the application’s <code>client_id</code>: \(reason).",
                remedy: "Try again in a minute; if it fails again, inform the developers of the application."
            )
        case .clientMetadataUnacceptable(let reason):
            self.init(
                "The application’s description is invalid",
                "The description is at the application’s <code>client_id</code>: \(reason).",
                remedy: "Inform the developers of the application, or the operator of this server."
            )
        case .clientMetadataThrottled:
            self.init(
                "Too many applications at once",
                "Too many descriptions of applications were requested from your address or from this host.",
                remedy: "Wait a minute and try again."
            )
        case .temporarilyUnavailable:
            self = .overloaded
        case .unknownRequestURI:
            self.init(
                "The request has expired",
                "The application prepared this login more than a minute ago, or did not prepare it here."
            )
        }
    }

    init(title: String, explanation: HTML, remedy: HTML) {
        self.title = title
        self.explanation = explanation
        self.remedy = remedy
    }

    private init(
        _ title: String,
        _ explanation: HTML,
        remedy: HTML = "Go back to your application and start again; if it fails again, inform its developers."
    ) {
        self.init(title: title, explanation: explanation, remedy: remedy)
    }
}
