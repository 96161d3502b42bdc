extension GermanText {
    /// Signing in, and the steps of a login at several providers.
    static let signIn = """
        accountShared = Ein anderer Benutzer dieses Servers hat das Konto bei {upstream} verbunden.
        accountNew = Das Konto bei {upstream} ist noch nicht verbunden.
        legFor = Für
        justSignedIn = die Person, die sich gerade angemeldet hat
        legWarning = Anwendungen dieser Person dürfen das Konto dann benutzen. Fahren Sie nur fort, wenn beide Sie sind.
        notMe = Nicht ich
        deviceTitle = Ein Gerät verbinden
        deviceWrong = Dieser Code ist unbekannt oder abgelaufen. Vergleichen Sie ihn mit dem auf Ihrem Gerät oder beginnen Sie dort noch einmal.
        deviceEnter = Geben Sie den Code ein, den Ihr Gerät oder Ihr Terminal zeigt.
        deviceWarning = Fahren Sie nur fort, wenn Sie dies selbst begonnen haben. Wenn eine andere Person Ihnen einen Code oder diese Adresse geschickt hat, schließen Sie die Seite: Mit Ihrer Genehmigung könnte diese Person als Sie handeln.
        whoAreYou = Wer sind Sie?
        signInToSee = Melden Sie sich an, um Ihre Verbindungen zu sehen.
        signInToConnect = Melden Sie sich an, um Ihr eigenes Konto zu verbinden.
        signInToConnectAgain = Melden Sie sich noch einmal an, um Ihr eigenes Konto zu verbinden.
        signInToChange = Melden Sie sich noch einmal an, um Ihre Verbindungen zu ändern.
        signInWith = Mit {upstream} anmelden
        passwordUnseen = Dieser Server sieht nie Ihr Passwort.
        """
}
