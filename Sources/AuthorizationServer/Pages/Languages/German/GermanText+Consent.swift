extension GermanText {
    /// The question for consent, and the words for scopes.
    static let consent = """
        consentTitle = Zugriff erlauben?
        consentQuestion = {client} die Benutzung Ihrer Konten erlauben?
        deviceWithCode = Für das Gerät, das diesen Code zeigt
        answerSentTo = Die Antwort geht an
        itWillUse = Benutzt wird Ihr Konto bei
        itMay = Erlaubt wird, in Ihrem Namen
        neverSeesPassword = {client} sieht nie Ihr Passwort. Der Zugriff in Ihrem Namen gilt, bis Sie ihn entziehen: auf {page}.
        pageOfConnections = der Seite Ihrer Verbindungen
        deny = Ablehnen
        approve = Genehmigen
        registeredByOperator = Vom Betreiber dieses Servers registriert.
        unverifiedName = Dieser Name ist nicht geprüft: Die Anwendung hat ihn selbst gewählt.
        publishedByHost = Herausgegeben von {host}.
        differentPublisher = Die Anwendung wird von {publisher} herausgegeben, aber die Antwort geht an {destination}. Genehmigen Sie nur, wenn Sie wissen, dass beide zusammengehören.
        loopback = Die Antwort geht an ein Programm auf diesem Computer. Genehmigen Sie nur, wenn Sie die Verbindung gerade selbst begonnen haben.
        loopbackNamed = Die Antwort geht an ein Programm auf diesem Computer. Jedes Programm darauf kann sich {client} nennen. Genehmigen Sie nur, wenn Sie die Verbindung gerade selbst begonnen haben.
        ownDevice = Genehmigen Sie nur, wenn Sie dies selbst begonnen haben und <strong>Ihr eigenes Gerät jetzt diesen Code zeigt</strong>. Wenn eine andere Person Ihnen den Code oder die Adresse geschickt hat, lehnen Sie ab: Mit Ihrer Genehmigung könnte diese Person als Sie handeln.
        askingFor = mit
        onlyWhenNeeded = (nur wenn es nötig ist: Sie werden dann gefragt)
        optional = (freiwillig)
        knowLogin = wissen, dass Sie sich angemeldet haben
        scopeOpenid = wissen, wer Sie hier sind
        scopeProfile = Ihren Namen sehen
        scopeEmail = Ihre E-Mail-Adresse sehen
        scopeOffline = verbunden bleiben, während Sie nicht da sind
        scopeAgents = Token erstellen, mit denen Programme innerhalb dieses Zugriffs für Sie handeln, und sie beenden
        scopeConnections = Ihre Konten bei den Anbietern sehen und sie für alle Anwendungen trennen
        """
}
