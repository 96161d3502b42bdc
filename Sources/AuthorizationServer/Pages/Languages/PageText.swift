/// A message of the pages for people; its words are in one table a language.
///
/// `{name}` in a message is a value that is put there; values are escaped (CO-6).
enum PageText: String, CaseIterable, Sendable {
    case startAgain, startAgainWithCookies, informDevelopers, waitAndRetry, askOperator, chooseAnotherAccount
    case reference, yourConnections, signedIn, signedInAs, connectIt, connectQuestion, notNow, onlyIfYou
    case signOutNotYou, namelessApplication, allowed, accessTo, account, used, notYet, expiredTitle, expiredText
    case wrongBrowserTitle, wrongBrowserText, wrongBrowserRemedy, foreignFormTitle, foreignFormText
    case changedClientTitle, changedClientText, badFormTitle, badFormText, alreadyUsedTitle, alreadyUsedText
    case alreadyUsedRemedy, badCallbackTitle, badCallbackText, unknownUpstreamTitle, unknownUpstreamText
    case badLinkTitle, badLinkText, expiredLinkTitle, expiredLinkText, expiredLinkRemedy, tooManyLoginsTitle
    case tooManyLoginsText, overloadedTitle, overloadedText, malformedTitle, malformedText, duplicateTitle
    case duplicateText, missingClientTitle, missingClientText, unknownClientTitle, unknownClientText
    case unknownClientRemedy, missingRedirectTitle, missingRedirectText, unregisteredRedirectTitle
    case unregisteredRedirectText, unregisteredRedirectRemedy, descriptionUnavailableTitle
    case descriptionUnavailableRemedy, descriptionReason, descriptionInvalidTitle, descriptionInvalidRemedy
    case throttledTitle, throttledText, requestExpiredTitle, requestExpiredText, connectedTitle, connectedText
    case closePage, disconnectedTitle, tokensErased, providerRevoked, providerCannotRevoke, providerNotConfigured
    case providerFailed, alreadyDisconnectedTitle, alreadyDisconnectedText, accessRemovedTitle
    case allAccessRemovedTitle, accessRemovedText, accessRemovedLater, noSuchAccessTitle, noSuchAccessText
    case notConnectedTitle, unknownUserTitle, unknownUserText, unknownUserRemedy, anotherUserTitle, anotherUserText
    case anotherUserRemedy, otherOwnerTitle, otherOwnerText, otherAccountTitle, otherAccountText
    case upstreamFailedTitle, nothingChanged, requestFailedTitle, deviceApprovedTitle, deviceApprovedText
    case deviceRefusedTitle, deviceRefusedRemedy, agentMadeTitle, agentMadeText, agentRefusedTitle, agentEndedTitle
    case agentEndedText, agents, noAgents, madeBy, madeByYou, madeByApplication, ends, endAgent, agentForm
    case agentFormText, agentName, yourAccounts, endsAfter, oneDay, days, makeToken, applications, noApplications
    case removeAll, removeAccess, noAccessNow, hasAccess, unknownTime, answersGoTo, since, publishedBy
    case notAskedUntil, askMeAgain, connectText, itNeeds, enteredText, enteredUnusable, enteredMismatch
    case enteredRefused, enteredUnavailable, whereToFind, overview, overviewNamed, nothingConnected, signOutHere
    case signOutEverywhere, connectAgain, useByDefault, byDefault, byDefaultText, connected, refreshed, disconnectIt
    case notConnected, works, connectItAgain, endedByProvider, providerRefuses, consentTitle, consentQuestion
    case deviceWithCode, answerSentTo, itWillUse, itMay, neverSeesPassword, pageOfConnections, deny, approve
    case registeredByOperator, unverifiedName, publishedByHost, differentPublisher, loopback, loopbackNamed
    case ownDevice, askingFor, onlyWhenNeeded, optional, knowLogin, scopeOpenid, scopeProfile, scopeEmail
    case scopeOffline, scopeAgents, scopeConnections, unreadableAddress, applicationHere, schemeOwner, extensionIn
    case accessNotGranted, loginFailed, closeOrReturn, theApplication, returnTo, accountShared, accountNew, legFor
    case justSignedIn, legWarning, notMe, deviceTitle, deviceWrong, deviceEnter, deviceWarning, code, proceed
    case signIn, whoAreYou, signInToSee, signInToConnect, signInToConnectAgain, signInToChange, signInWith
    case passwordUnseen, help, imprint, endsSoon, endsSoonText
}
