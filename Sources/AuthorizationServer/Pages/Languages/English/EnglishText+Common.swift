extension EnglishText {
    /// Words that several pages use.
    static let common = """
        startAgain = Go back to your application and start again.
        startAgainWithCookies = Go back to your application and start again, with cookies allowed.
        informDevelopers = Go back to your application and start again; if it fails again, inform its developers.
        waitAndRetry = Wait a minute and try again.
        askOperator = Trying again is not likely to help. Ask the operator of this server, who finds the reason by the reference.
        chooseAnotherAccount = Go back to your application, start again, and choose another account.
        reference = Reference: {id}
        yourConnections = Your connections
        signedIn = signed in
        signedInAs = Signed in as
        connectIt = Connect {upstream}
        connectQuestion = Connect {upstream}?
        notNow = Not now
        onlyIfYou = Continue only if your own application sent you here, and if this is you.
        signOutNotYou = Not you? Sign out here
        namelessApplication = An application without a name
        allowed = Allowed
        accessTo = Access to
        account = Account
        used = Used
        notYet = not yet
        closePage = You can close this page and go back to your application.
        nothingChanged = Nothing was changed.
        requestFailedTitle = The request failed
        unknownTime = unknown
        unreadableAddress = an unreadable address
        applicationHere = an application on this computer ({host})
        schemeOwner = the application that owns {scheme}:
        extensionIn = the extension {id} in {program}
        accessNotGranted = Access was not granted
        loginFailed = The login failed
        closeOrReturn = You can close this page, or return to {destination}, the address that {client} registered.
        theApplication = the application
        returnTo = Return to {destination}
        code = Code
        proceed = Continue
        signIn = Sign in
        help = Help
        imprint = Legal notice
        """
}
