extension GermanText {
    /// Words that several pages use.
    static let common = """
        startAgain = Gehen Sie zurück zu Ihrer Anwendung und beginnen Sie noch einmal.
        startAgainWithCookies = Gehen Sie zurück zu Ihrer Anwendung und beginnen Sie noch einmal; Cookies müssen erlaubt sein.
        informDevelopers = Gehen Sie zurück zu Ihrer Anwendung und beginnen Sie noch einmal; wenn es wieder fehlschlägt, informieren Sie deren Entwickler.
        waitAndRetry = Warten Sie eine Minute und versuchen Sie es noch einmal.
        askOperator = Ein neuer Versuch hilft wahrscheinlich nicht. Fragen Sie den Betreiber dieses Servers; er findet die Ursache anhand der Referenz.
        chooseAnotherAccount = Gehen Sie zurück zu Ihrer Anwendung, beginnen Sie noch einmal und wählen Sie ein anderes Konto.
        reference = Referenz: {id}
        yourConnections = Ihre Verbindungen
        signedIn = angemeldet
        signedInAs = Angemeldet als
        connectIt = {upstream} verbinden
        connectQuestion = {upstream} verbinden?
        notNow = Jetzt nicht
        onlyIfYou = Fahren Sie nur fort, wenn Ihre eigene Anwendung Sie hierher geschickt hat und wenn Sie diese Person sind.
        signOutNotYou = Nicht Sie? Hier abmelden
        namelessApplication = Eine Anwendung ohne Namen
        allowed = Erlaubt
        accessTo = Zugriff auf
        account = Konto
        used = Benutzt
        notYet = noch nicht
        closePage = Sie können diese Seite schließen und zu Ihrer Anwendung zurückgehen.
        nothingChanged = Nichts wurde geändert.
        requestFailedTitle = Die Anfrage ist fehlgeschlagen
        unknownTime = unbekannt
        unreadableAddress = eine unlesbare Adresse
        applicationHere = eine Anwendung auf diesem Computer ({host})
        schemeOwner = die Anwendung, der {scheme}: gehört
        extensionIn = die Erweiterung {id} in {program}
        accessNotGranted = Der Zugriff wurde nicht gewährt
        loginFailed = Die Anmeldung ist fehlgeschlagen
        closeOrReturn = Sie können diese Seite schließen oder zu {destination} zurückkehren, der Adresse, die {client} registriert hat.
        theApplication = die Anwendung
        returnTo = Zurück zu {destination}
        code = Code
        proceed = Weiter
        signIn = Anmelden
        help = Hilfe
        imprint = Impressum
        """
}
