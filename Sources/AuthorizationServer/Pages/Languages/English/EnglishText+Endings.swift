extension EnglishText {
    /// Logins, forms and links that no longer continue.
    static let endings = """
        expiredTitle = This login is no longer valid
        expiredText = It took more than ten minutes, or it is already finished.
        wrongBrowserTitle = This login cannot continue in this browser
        wrongBrowserText = It was approved in another browser, took more than ten minutes, or is already finished. For your safety a login has to be finished where it was approved.
        wrongBrowserRemedy = If someone sent you the link, do not use it. Otherwise start again in your application, with cookies allowed.
        foreignFormTitle = This form was not sent from our page
        foreignFormText = The form was sent from another site, another browser, or without cookies.
        changedClientTitle = The application has just changed its description
        changedClientText = The description that you saw is no longer current.
        badFormTitle = This form is incomplete
        badFormText = A part of it is missing or was changed.
        alreadyUsedTitle = This page has already been answered
        alreadyUsedText = An approval can be given once.
        alreadyUsedRemedy = Go back to your application; if it does not continue, start again there.
        badCallbackTitle = The identity provider’s answer is invalid
        badCallbackText = It is incomplete, repeated, or for another login.
        unknownUpstreamTitle = The identity provider is unknown
        unknownUpstreamText = The address names a provider that is not configured.
        badLinkTitle = This link is invalid
        badLinkText = It is incomplete, or was not made by this server.
        expiredLinkTitle = This link is no longer valid
        expiredLinkText = A link works once, within ten minutes.
        expiredLinkRemedy = Go back to your application and repeat the last step; it asks again if necessary.
        tooManyLoginsTitle = Too many logins from your network
        tooManyLoginsText = More logins were started from your address than this server allows in a short time.
        overloadedTitle = Too many logins at the moment
        overloadedText = The server is at its limit.
        """
}
