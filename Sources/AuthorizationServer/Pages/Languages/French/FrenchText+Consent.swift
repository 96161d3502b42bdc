extension FrenchText {
    /// The question for consent, and the words for scopes.
    static let consent = """
        consentTitle = Autoriser l’accès ?
        consentQuestion = Autoriser {client} à utiliser vos comptes ?
        deviceWithCode = Pour l’appareil qui affiche le code
        answerSentTo = La réponse est envoyée à
        itWillUse = Votre compte sera utilisé chez
        itMay = En votre nom, il sera possible de
        neverSeesPassword = {client} ne voit jamais votre mot de passe. L’accès en votre nom dure jusqu’à ce que vous le retiriez sur {page}.
        pageOfConnections = la page de vos connexions
        deny = Refuser
        approve = Approuver
        registeredByOperator = Enregistrée par l’exploitant de ce serveur.
        unverifiedName = Ce nom n’est pas vérifié : l’application l’a choisi elle-même.
        publishedByHost = Publiée par {host}.
        differentPublisher = L’application est publiée par {publisher}, mais la réponse est envoyée à {destination}. Approuvez seulement si vous savez que les deux vont ensemble.
        loopback = La réponse est envoyée à un programme de cet ordinateur. Approuvez seulement si vous venez de commencer la connexion vous-même.
        loopbackNamed = La réponse est envoyée à un programme de cet ordinateur. N’importe quel programme peut s’y appeler {client}. Approuvez seulement si vous venez de commencer la connexion vous-même.
        ownDevice = Approuvez seulement si vous avez commencé vous-même et si <strong>votre propre appareil affiche ce code maintenant</strong>. Si une autre personne vous a envoyé le code ou l’adresse, refusez : avec votre approbation, cette personne pourrait agir à votre place.
        askingFor = demande
        onlyWhenNeeded = (seulement si nécessaire : on vous demandera alors)
        optional = (facultatif)
        knowLogin = savoir que vous vous êtes connecté
        scopeOpenid = savoir qui vous êtes ici
        scopeProfile = voir votre nom
        scopeEmail = voir votre adresse électronique
        scopeOffline = rester relié en votre absence
        scopeAgents = créer des jetons avec lesquels des programmes agissent pour vous dans les limites de cet accès, et y mettre fin
        scopeConnections = voir vos comptes chez les fournisseurs et ne plus les relier pour toutes les applications
        """
}
