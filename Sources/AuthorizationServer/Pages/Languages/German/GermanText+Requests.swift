extension GermanText {
    /// Requests of applications that are refused.
    static let requests = """
        malformedTitle = Diese Anfrage ist fehlerhaft
        malformedText = Die Anwendung hat eine Anfrage gesendet, die nicht gelesen werden kann.
        duplicateTitle = Die Anfrage ist mehrdeutig
        duplicateText = Die Anwendung hat den Parameter <code>{name}</code> zweimal gesendet.
        missingClientTitle = Die Anfrage nennt keine Anwendung
        missingClientText = Der Parameter <code>client_id</code> fehlt.
        unknownClientTitle = Diese Anwendung ist hier nicht registriert
        unknownClientText = Dieser Server kennt ihre Registrierung nicht oder hat sie entfernt.
        unknownClientRemedy = Entfernen Sie die Verbindung in Ihrer Anwendung und fügen Sie sie wieder hinzu; sie registriert sich dann neu.
        missingRedirectTitle = Die Anfrage hat keine Rückadresse
        missingRedirectText = Der Parameter <code>redirect_uri</code> fehlt.
        unregisteredRedirectTitle = Die Rückadresse ist nicht registriert
        unregisteredRedirectText = Die Anwendung wollte zu einer Adresse zurückkehren, die sie nicht registriert hat. Dorthin wurde nichts gesendet.
        unregisteredRedirectRemedy = Entfernen Sie die Verbindung in Ihrer Anwendung und fügen Sie sie wieder hinzu.
        descriptionUnavailableTitle = Die Beschreibung der Anwendung kann nicht abgerufen werden
        descriptionUnavailableRemedy = Versuchen Sie es in einer Minute noch einmal; wenn es wieder fehlschlägt, informieren Sie die Entwickler der Anwendung.
        descriptionReason = Die Beschreibung liegt unter der <code>client_id</code> der Anwendung: {reason}.
        descriptionInvalidTitle = Die Beschreibung der Anwendung ist ungültig
        descriptionInvalidRemedy = Informieren Sie die Entwickler der Anwendung oder den Betreiber dieses Servers.
        throttledTitle = Zu viele Anwendungen auf einmal
        throttledText = Von Ihrer Adresse oder von diesem Host wurden zu viele Beschreibungen von Anwendungen angefordert.
        requestExpiredTitle = Die Anfrage ist abgelaufen
        requestExpiredText = Die Anwendung hat diese Anmeldung vor mehr als einer Minute vorbereitet oder nicht hier vorbereitet.
        """
}
