extension EnglishText {
    /// The question for consent, and the words for scopes.
    static let consent = """
        consentTitle = Allow access?
        consentQuestion = Allow {client} to use your accounts?
        deviceWithCode = For the device that shows the code
        answerSentTo = The answer is sent to
        itWillUse = It will use your account at
        itMay = On your behalf it may
        neverSeesPassword = {client} never sees your password. It acts on your behalf until you withdraw access on {page}.
        pageOfConnections = the page of your connections
        deny = Deny
        approve = Approve
        registeredByOperator = Registered by the operator of this server.
        unverifiedName = This name is unverified: the application chose it itself.
        publishedByHost = Published by {host}.
        differentPublisher = The application is published by {publisher}, but the answer is sent to {destination}. Approve only if you know that they belong together.
        loopback = The answer is sent to a program on this computer. Approve only if you have just started the connection yourself.
        loopbackNamed = The answer is sent to a program on this computer. Any program on it can call itself {client}. Approve only if you have just started the connection yourself.
        ownDevice = Approve only if you started this yourself and <strong>your own device shows this code now</strong>. If another person sent you the code or the address, deny: with your approval that person could act as you.
        askingFor = asking for
        onlyWhenNeeded = (only when it is needed: you are asked then)
        optional = (optional)
        knowLogin = know that you logged in
        scopeOpenid = know who you are here
        scopeProfile = see your name
        scopeEmail = see your email address
        scopeOffline = stay connected while you are away
        scopeAgents = make tokens with which programs act for you within this access, and end them
        scopeConnections = see your accounts at the providers, and disconnect them for all applications
        """
}
