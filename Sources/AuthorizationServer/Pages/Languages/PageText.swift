/// A message of the pages for people; its words are in a folder a language, in files by the pages that use them.
///
/// `{name}` in a message is a value that is put there; values are escaped (CO-6).
enum PageText: String, CaseIterable, Sendable {
    // MARK: - Words that several pages use

    case startAgain, startAgainWithCookies, informDevelopers, waitAndRetry, askOperator, chooseAnotherAccount
    case reference, yourConnections, signedIn, signedInAs, connectIt, connectQuestion, notNow, onlyIfYou
    case signOutNotYou, namelessApplication, allowed, accessTo, account, used, notYet, closePage, nothingChanged
    case requestFailedTitle, unknownTime, unreadableAddress, applicationHere, schemeOwner, extensionIn
    case accessNotGranted, loginFailed, closeOrReturn, theApplication, returnTo, code, proceed, signIn, help
    case imprint

    // MARK: - Logins, forms and links that no longer continue

    case expiredTitle, expiredText, wrongBrowserTitle, wrongBrowserText, wrongBrowserRemedy, foreignFormTitle
    case foreignFormText, changedClientTitle, changedClientText, badFormTitle, badFormText, alreadyUsedTitle
    case alreadyUsedText, alreadyUsedRemedy, badCallbackTitle, badCallbackText, unknownUpstreamTitle
    case unknownUpstreamText, badLinkTitle, badLinkText, expiredLinkTitle, expiredLinkText, expiredLinkRemedy
    case tooManyLoginsTitle, tooManyLoginsText, overloadedTitle, overloadedText

    // MARK: - Requests of applications that are refused

    case malformedTitle, malformedText, duplicateTitle, duplicateText, missingClientTitle, missingClientText
    case unknownClientTitle, unknownClientText, unknownClientRemedy, missingRedirectTitle, missingRedirectText
    case unregisteredRedirectTitle, unregisteredRedirectText, unregisteredRedirectRemedy
    case descriptionUnavailableTitle, descriptionUnavailableRemedy, descriptionReason, descriptionInvalidTitle
    case descriptionInvalidRemedy, throttledTitle, throttledText, requestExpiredTitle, requestExpiredText

    // MARK: - What became of a connection, an access, a device or an agent

    case connectedTitle, connectedText, disconnectedTitle, tokensErased, providerRevoked, providerCannotRevoke
    case providerNotConfigured, providerFailed, alreadyDisconnectedTitle, alreadyDisconnectedText
    case accessRemovedTitle, allAccessRemovedTitle, accessRemovedText, accessRemovedLater, noSuchAccessTitle
    case noSuchAccessText, notConnectedTitle, unknownUserTitle, unknownUserText, unknownUserRemedy
    case anotherUserTitle, anotherUserText, anotherUserRemedy, otherOwnerTitle, otherOwnerText
    case otherAccountTitle, otherAccountText, upstreamFailedTitle, deviceApprovedTitle, deviceApprovedText
    case deviceRefusedTitle, deviceRefusedRemedy, agentMadeTitle, agentMadeText, agentRefusedTitle
    case agentEndedTitle, agentEndedText

    // MARK: - Agents of a user and the form that makes one

    case agents, noAgents, madeBy, madeByYou, madeByApplication, ends, endAgent, agentForm, agentFormText
    case agentName, yourAccounts, endsAfter, oneDay, days, makeToken

    // MARK: - The page of a user’s connections and applications

    case applications, noApplications, removeAll, removeAccess, noAccessNow, hasAccess, answersGoTo, since
    case publishedBy, notAskedUntil, askMeAgain, connectText, itNeeds, enteredText, enteredUnusable
    case enteredMismatch, enteredRefused, enteredUnavailable, whereToFind, overview, overviewNamed
    case nothingConnected, signOutHere, signOutEverywhere, connectAgain, useByDefault, byDefault, byDefaultText
    case endsSoon, endsSoonText, connected, refreshed, disconnectIt, notConnected, works, connectItAgain
    case endedByProvider, providerRefuses

    // MARK: - The question for consent, and the words for scopes

    case consentTitle, consentQuestion, deviceWithCode, answerSentTo, itWillUse, itMay, neverSeesPassword
    case pageOfConnections, deny, approve, registeredByOperator, unverifiedName, publishedByHost
    case differentPublisher, loopback, loopbackNamed, ownDevice, askingFor, onlyWhenNeeded, optional, knowLogin
    case scopeOpenid, scopeProfile, scopeEmail, scopeOffline, scopeAgents, scopeConnections

    // MARK: - Signing in, and the steps of a login at several providers

    case accountShared, accountNew, legFor, justSignedIn, legWarning, notMe, deviceTitle, deviceWrong
    case deviceEnter, deviceWarning, whoAreYou, signInToSee, signInToConnect, signInToConnectAgain
    case signInToChange, signInWith, passwordUnseen
}
