extension EnglishText {
    /// What became of a connection, an access, a device or an agent.
    static let results = """
        connectedTitle = {upstream} is connected
        connectedText = As {account}. You can close this page and go back to your application.
        disconnectedTitle = {upstream} is disconnected
        tokensErased = Its tokens are erased here.
        providerRevoked = The provider has revoked the tokens too.
        providerCannotRevoke = The provider cannot revoke its tokens on request: you can do so in your account’s settings there.
        providerNotConfigured = The provider was not asked because it is no longer configured here: end the access in your account there.
        providerFailed = <strong>The provider did not confirm</strong> that it revoked the tokens: end the access in your account there.
        alreadyDisconnectedTitle = The connection does not exist
        alreadyDisconnectedText = It has already been ended.
        accessRemovedTitle = The application has no access
        allAccessRemovedTitle = No application has access
        accessRemovedText = Its access has ended here, and it has to ask you again.
        accessRemovedLater = A service that does not ask this server may accept an earlier token for up to {minutes} minutes.
        noSuchAccessTitle = The access does not exist
        noSuchAccessText = It has already ended.
        notConnectedTitle = {upstream} was not connected
        unknownUserTitle = Nothing is connected with this account
        unknownUserText = You signed in at {upstream}, and this account has not been used with this server yet.
        unknownUserRemedy = Sign in with the account that you use in your application.
        anotherUserTitle = This link is for someone else
        anotherUserText = It was created for a different person than the one who is signed in here. Nothing was connected.
        anotherUserRemedy = If someone sent you the link, do not use it. If you have several accounts, sign out on the page of your connections and follow the link again.
        otherOwnerTitle = This account belongs to someone else here
        otherOwnerText = The account that you chose at {upstream} belongs to another person here. Nothing was connected.
        otherAccountTitle = This is a different account
        otherAccountText = Choose the same account at {upstream} as before. Nothing was connected.
        upstreamFailedTitle = {upstream} could not be connected
        deviceApprovedTitle = The device is connected
        deviceApprovedText = Go back to it: it continues within a few seconds. You can close this page.
        deviceRefusedTitle = The device was not connected
        deviceRefusedRemedy = To try again, start again on the device.
        agentMadeTitle = The agent’s token
        agentMadeText = Copy it now: it is not shown again. Any program that has it acts for you until you end the agent.
        agentRefusedTitle = No token was made
        agentEndedTitle = The agent has ended
        agentEndedText = Its token is no longer accepted here.
        """
}
