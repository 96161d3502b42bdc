extension GermanText {
    /// The page of a user’s connections and applications.
    static let connections = """
        applications = Anwendungen
        noApplications = Keine Anwendung hat Zugriff.
        removeAll = Allen Anwendungen den Zugriff entziehen
        removeAccess = Zugriff entziehen
        noAccessNow = Zurzeit kein Zugriff
        hasAccess = Hat Zugriff
        answersGoTo = Antworten gehen an
        since = Seit
        publishedBy = Herausgegeben von
        notAskedUntil = Für {resource} werden Sie bis {time} nicht wieder gefragt.
        askMeAgain = Wieder fragen
        connectText = Eine Anwendung, der Sie Zugriff gegeben haben, braucht Ihr Konto dort.
        itNeeds = Sie braucht
        enteredText = Eine Anwendung, der Sie Zugriff gegeben haben, braucht Ihren Zugang dort. Was Sie eingeben, wird versiegelt aufbewahrt und für Anfragen an diesen Dienst in Ihrem Namen benutzt.
        enteredUnusable = {label} fehlt, ist zu lang oder hat Zeichen, die nicht vorkommen können.
        enteredMismatch = {label} hat nicht die richtige Form.
        enteredRefused = Der Dienst nimmt das nicht an. Nichts wurde gespeichert.
        enteredUnavailable = Der Dienst kann zurzeit nicht gefragt werden. Nichts wurde gespeichert; versuchen Sie es später noch einmal.
        whereToFind = Wo man es findet
        overview = Angemeldet. Anwendungen, denen Sie Zugriff gegeben haben, dürfen diese Konten in Ihrem Namen benutzen.
        overviewNamed = Angemeldet als {name}. Anwendungen, denen Sie Zugriff gegeben haben, dürfen diese Konten in Ihrem Namen benutzen.
        nothingConnected = Nichts ist verbunden.
        signOutHere = Hier abmelden
        signOutEverywhere = In allen Browsern abmelden
        connectAgain = {upstream} wieder verbinden
        useByDefault = Dieses Konto als Standard benutzen
        byDefault = Standard
        byDefaultText = Wird benutzt, wenn eine Anwendung kein anderes nennt
        endsSoon = Endet bald
        endsSoonText = {time}; verbinden Sie es vorher neu
        connected = Verbunden
        refreshed = Erneuert
        disconnectIt = {upstream} trennen
        notConnected = Nicht verbunden
        works = Funktioniert
        connectItAgain = Wieder verbinden
        endedByProvider = Vom Anbieter beendet
        providerRefuses = Der Anbieter weist diesen Server ab; wenden Sie sich an dessen Betreiber
        """
}
