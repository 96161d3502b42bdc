extension FrenchText {
    /// What became of a connection, an access, a device or an agent.
    static let results = """
        connectedTitle = {upstream} est relié
        connectedText = En tant que {account}. Vous pouvez fermer cette page et retourner à votre application.
        disconnectedTitle = {upstream} n’est plus relié
        tokensErased = Ses jetons sont effacés ici.
        providerRevoked = Le fournisseur a également révoqué les jetons.
        providerCannotRevoke = Le fournisseur ne peut pas révoquer ses jetons sur demande : vous pouvez le faire dans les paramètres de votre compte chez lui.
        providerNotConfigured = Le fournisseur n’a pas été interrogé, car il n’est plus configuré ici : mettez fin à l’accès dans votre compte chez lui.
        providerFailed = <strong>Le fournisseur n’a pas confirmé</strong> la révocation des jetons : mettez fin à l’accès dans votre compte chez lui.
        alreadyDisconnectedTitle = Cette connexion n’existe pas
        alreadyDisconnectedText = Il y a déjà été mis fin.
        accessRemovedTitle = L’application n’a pas d’accès
        allAccessRemovedTitle = Aucune application n’a d’accès
        accessRemovedText = Son accès a pris fin ici ; elle doit de nouveau vous demander.
        accessRemovedLater = Un service qui n’interroge pas ce serveur peut accepter un ancien jeton pendant {minutes} minutes au plus.
        noSuchAccessTitle = Cet accès n’existe pas
        noSuchAccessText = Il a déjà pris fin.
        notConnectedTitle = {upstream} n’a pas été relié
        unknownUserTitle = Rien n’est relié à ce compte
        unknownUserText = Vous vous êtes connecté chez {upstream}, et ce compte n’a pas encore été utilisé avec ce serveur.
        unknownUserRemedy = Connectez-vous avec le compte que vous utilisez dans votre application.
        anotherUserTitle = Ce lien est destiné à quelqu’un d’autre
        anotherUserText = Il a été créé pour une autre personne que celle qui est connectée ici. Rien n’a été relié.
        anotherUserRemedy = Si quelqu’un vous a envoyé le lien, ne l’utilisez pas. Si vous avez plusieurs comptes, déconnectez-vous sur la page de vos connexions et suivez de nouveau le lien.
        otherOwnerTitle = Ce compte appartient ici à quelqu’un d’autre
        otherOwnerText = Le compte que vous avez choisi chez {upstream} appartient ici à une autre personne. Rien n’a été relié.
        otherAccountTitle = C’est un autre compte
        otherAccountText = Choisissez chez {upstream} le même compte qu’auparavant. Rien n’a été relié.
        upstreamFailedTitle = {upstream} n’a pas pu être relié
        deviceApprovedTitle = L’appareil est relié
        deviceApprovedText = Retournez-y : il continue dans quelques secondes. Vous pouvez fermer cette page.
        deviceRefusedTitle = L’appareil n’a pas été relié
        deviceRefusedRemedy = Pour réessayer, recommencez sur l’appareil.
        agentMadeTitle = Le jeton de l’agent
        agentMadeText = Copiez-le maintenant : il ne sera plus affiché. Tout programme qui le possède agit pour vous jusqu’à ce que vous mettiez fin à l’agent.
        agentRefusedTitle = Aucun jeton n’a été créé
        agentEndedTitle = L’agent a pris fin
        agentEndedText = Son jeton n’est plus accepté ici.
        """
}
