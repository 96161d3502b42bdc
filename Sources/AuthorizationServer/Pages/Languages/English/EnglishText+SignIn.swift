extension EnglishText {
    /// Signing in, and the steps of a login at several providers.
    static let signIn = """
        accountShared = Another user of this server has connected the account at {upstream}.
        accountNew = The account at {upstream} is not connected yet.
        legFor = For
        justSignedIn = the user who has just signed in
        legWarning = Applications of this user may then use the account. Continue only if both are you.
        notMe = Not me
        deviceTitle = Connect a device
        deviceWrong = This code is unknown, or it has expired. Compare it with the one on your device, or start again there.
        deviceEnter = Enter the code that your device or your terminal shows.
        deviceWarning = Continue only if you started this yourself. If another person sent you a code or this address, close the page: with your approval that person could act as you.
        whoAreYou = Who are you?
        signInToSee = Sign in to see your connections.
        signInToConnect = Sign in to connect your own account.
        signInToConnectAgain = Sign in again to connect your own account.
        signInToChange = Sign in again to change your connections.
        signInWith = Sign in with {upstream}
        passwordUnseen = This server never sees your password.
        """
}
