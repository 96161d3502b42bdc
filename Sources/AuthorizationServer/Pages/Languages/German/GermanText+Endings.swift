extension GermanText {
    /// Logins, forms and links that no longer continue.
    static let endings = """
        expiredTitle = Diese Anmeldung gilt nicht mehr
        expiredText = Sie hat länger als zehn Minuten gedauert oder ist bereits beendet.
        wrongBrowserTitle = Diese Anmeldung kann in diesem Browser nicht fortgesetzt werden
        wrongBrowserText = Sie wurde in einem anderen Browser genehmigt, hat länger als zehn Minuten gedauert oder ist bereits beendet. Zu Ihrer Sicherheit muss eine Anmeldung dort beendet werden, wo sie genehmigt wurde.
        wrongBrowserRemedy = Wenn Ihnen jemand den Link geschickt hat, benutzen Sie ihn nicht. Sonst beginnen Sie in Ihrer Anwendung noch einmal; Cookies müssen erlaubt sein.
        foreignFormTitle = Dieses Formular kam nicht von unserer Seite
        foreignFormText = Das Formular wurde von einer anderen Website, aus einem anderen Browser oder ohne Cookies gesendet.
        changedClientTitle = Die Anwendung hat gerade ihre Beschreibung geändert
        changedClientText = Die Beschreibung, die Sie gesehen haben, ist nicht mehr aktuell.
        badFormTitle = Dieses Formular ist unvollständig
        badFormText = Ein Teil davon fehlt oder wurde geändert.
        alreadyUsedTitle = Diese Seite wurde bereits beantwortet
        alreadyUsedText = Eine Genehmigung kann nur einmal erteilt werden.
        alreadyUsedRemedy = Gehen Sie zurück zu Ihrer Anwendung; wenn sie nicht weitermacht, beginnen Sie dort noch einmal.
        badCallbackTitle = Die Antwort des Identitätsanbieters ist ungültig
        badCallbackText = Sie ist unvollständig, kam mehrfach oder gehört zu einer anderen Anmeldung.
        unknownUpstreamTitle = Der Identitätsanbieter ist unbekannt
        unknownUpstreamText = Die Adresse nennt einen Anbieter, der nicht eingerichtet ist.
        badLinkTitle = Dieser Link ist ungültig
        badLinkText = Er ist unvollständig oder wurde nicht von diesem Server erstellt.
        expiredLinkTitle = Dieser Link gilt nicht mehr
        expiredLinkText = Ein Link funktioniert einmal, innerhalb von zehn Minuten.
        expiredLinkRemedy = Gehen Sie zurück zu Ihrer Anwendung und wiederholen Sie den letzten Schritt; sie fragt bei Bedarf noch einmal.
        tooManyLoginsTitle = Zu viele Anmeldungen aus Ihrem Netz
        tooManyLoginsText = Von Ihrer Adresse wurden mehr Anmeldungen begonnen, als dieser Server in kurzer Zeit zulässt.
        overloadedTitle = Zurzeit zu viele Anmeldungen
        overloadedText = Der Server ist an seiner Grenze.
        """
}
