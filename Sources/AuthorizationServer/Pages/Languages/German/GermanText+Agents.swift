extension GermanText {
    /// Agents of a user and the form that makes one.
    static let agents = """
        agents = Agenten
        noAgents = Kein Agent hat ein Token.
        madeBy = Erstellt von
        madeByYou = Ihnen, auf dieser Seite
        madeByApplication = einer Anwendung mit Zugriff
        ends = Endet
        endAgent = Diesen Agenten beenden
        agentForm = Ein Token für einen Agenten
        agentFormText = Jedes Programm, das das Token hat, handelt innerhalb dieser Grenzen für Sie. Es wird nur einmal angezeigt.
        agentName = Name
        yourAccounts = Ihre Konten
        endsAfter = Endet nach
        oneDay = 1 Tag
        days = {count} Tagen
        makeToken = Token erstellen
        """
}
