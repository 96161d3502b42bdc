extension GermanText {
    /// What became of a connection, an access, a device or an agent.
    static let results = """
        connectedTitle = {upstream} ist verbunden
        connectedText = Als {account}. Sie können diese Seite schließen und zu Ihrer Anwendung zurückgehen.
        disconnectedTitle = {upstream} ist getrennt
        tokensErased = Die Token sind hier gelöscht.
        providerRevoked = Der Anbieter hat die Token ebenfalls widerrufen.
        providerCannotRevoke = Der Anbieter kann seine Token nicht auf Anfrage widerrufen: Das können Sie dort in den Einstellungen Ihres Kontos tun.
        providerNotConfigured = Der Anbieter wurde nicht gefragt, weil er hier nicht mehr eingerichtet ist: Beenden Sie den Zugriff dort in Ihrem Konto.
        providerFailed = <strong>Der Anbieter hat nicht bestätigt</strong>, dass er die Token widerrufen hat: Beenden Sie den Zugriff dort in Ihrem Konto.
        alreadyDisconnectedTitle = Die Verbindung gibt es nicht
        alreadyDisconnectedText = Sie wurde bereits beendet.
        accessRemovedTitle = Die Anwendung hat keinen Zugriff
        allAccessRemovedTitle = Keine Anwendung hat Zugriff
        accessRemovedText = Der Zugriff ist hier beendet; die Anwendung muss Sie wieder fragen.
        accessRemovedLater = Ein Dienst, der diesen Server nicht fragt, kann ein früheres Token noch bis zu {minutes} Minuten annehmen.
        noSuchAccessTitle = Den Zugriff gibt es nicht
        noSuchAccessText = Er ist bereits beendet.
        notConnectedTitle = {upstream} wurde nicht verbunden
        unknownUserTitle = Mit diesem Konto ist nichts verbunden
        unknownUserText = Sie haben sich bei {upstream} angemeldet, und dieses Konto wurde mit diesem Server noch nicht benutzt.
        unknownUserRemedy = Melden Sie sich mit dem Konto an, das Sie in Ihrer Anwendung benutzen.
        anotherUserTitle = Dieser Link ist für jemand anderen
        anotherUserText = Er wurde für eine andere Person erstellt als die, die hier angemeldet ist. Nichts wurde verbunden.
        anotherUserRemedy = Wenn Ihnen jemand den Link geschickt hat, benutzen Sie ihn nicht. Wenn Sie mehrere Konten haben, melden Sie sich auf der Seite Ihrer Verbindungen ab und folgen Sie dem Link noch einmal.
        otherOwnerTitle = Dieses Konto gehört hier jemand anderem
        otherOwnerText = Das Konto, das Sie bei {upstream} gewählt haben, gehört hier einer anderen Person. Nichts wurde verbunden.
        otherAccountTitle = Das ist ein anderes Konto
        otherAccountText = Wählen Sie bei {upstream} dasselbe Konto wie zuvor. Nichts wurde verbunden.
        upstreamFailedTitle = {upstream} konnte nicht verbunden werden
        deviceApprovedTitle = Das Gerät ist verbunden
        deviceApprovedText = Gehen Sie zurück zum Gerät: Es macht in wenigen Sekunden weiter. Sie können diese Seite schließen.
        deviceRefusedTitle = Das Gerät wurde nicht verbunden
        deviceRefusedRemedy = Für einen neuen Versuch beginnen Sie am Gerät noch einmal.
        agentMadeTitle = Das Token des Agenten
        agentMadeText = Kopieren Sie es jetzt: Es wird nicht noch einmal angezeigt. Jedes Programm, das es hat, handelt für Sie, bis Sie den Agenten beenden.
        agentRefusedTitle = Es wurde kein Token erstellt
        agentEndedTitle = Der Agent ist beendet
        agentEndedText = Sein Token wird hier nicht mehr angenommen.
        """
}
