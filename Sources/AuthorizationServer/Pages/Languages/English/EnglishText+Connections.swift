extension EnglishText {
    /// The page of a user’s connections and applications.
    static let connections = """
        applications = Applications
        noApplications = No application has access.
        removeAll = Remove the access of all applications
        removeAccess = Remove access
        noAccessNow = No access now
        hasAccess = Has access
        answersGoTo = Answers go to
        since = Since
        publishedBy = Published by
        notAskedUntil = You are not asked again for {resource} until {time}.
        askMeAgain = Ask me again
        connectText = An application to which you gave access needs your account there.
        itNeeds = It needs
        enteredText = An application to which you gave access needs your access there. What you enter is kept sealed, and is used for requests to this service on your behalf.
        enteredUnusable = {label} is missing, too long, or has characters that it cannot have.
        enteredMismatch = {label} does not have the right form.
        enteredRefused = The service does not accept it. Nothing was stored.
        enteredUnavailable = The service cannot be asked at the moment. Nothing was stored; try again later.
        whereToFind = Where to find it
        overview = Signed in. Applications to which you gave access may use these accounts on your behalf.
        overviewNamed = Signed in as {name}. Applications to which you gave access may use these accounts on your behalf.
        nothingConnected = Nothing is connected.
        signOutHere = Sign out here
        signOutEverywhere = Sign out in all browsers
        connectAgain = Connect {upstream} again
        useByDefault = Use this account by default
        byDefault = Default
        byDefaultText = Used unless an application names another
        endsSoon = Ends soon
        endsSoonText = {time}; connect it again before
        connected = Connected
        refreshed = Refreshed
        disconnectIt = Disconnect {upstream}
        notConnected = Not connected
        works = Works
        connectItAgain = Connect it again
        endedByProvider = Ended by the provider
        providerRefuses = The provider refuses this server; contact its operator
        """
}
