extension FrenchText {
    /// Words that several pages use.
    static let common = """
        startAgain = Retournez à votre application et recommencez.
        startAgainWithCookies = Retournez à votre application et recommencez, avec les cookies autorisés.
        informDevelopers = Retournez à votre application et recommencez ; si l’erreur persiste, informez ses développeurs.
        waitAndRetry = Attendez une minute, puis réessayez.
        askOperator = Un nouvel essai n’aidera sans doute pas. Demandez à l’exploitant de ce serveur, qui trouvera la cause grâce à la référence.
        chooseAnotherAccount = Retournez à votre application, recommencez et choisissez un autre compte.
        reference = Référence : {id}
        yourConnections = Vos connexions
        signedIn = connecté
        signedInAs = Connecté en tant que
        connectIt = Relier {upstream}
        connectQuestion = Relier {upstream} ?
        notNow = Pas maintenant
        onlyIfYou = Continuez seulement si votre propre application vous a envoyé ici et s’il s’agit bien de vous.
        signOutNotYou = Ce n’est pas vous ? Se déconnecter ici
        namelessApplication = Une application sans nom
        allowed = Autorisé
        accessTo = Accès à
        account = Compte
        used = Utilisé
        notYet = pas encore
        closePage = Vous pouvez fermer cette page et retourner à votre application.
        nothingChanged = Rien n’a été modifié.
        requestFailedTitle = La demande a échoué
        unknownTime = inconnu
        unreadableAddress = une adresse illisible
        applicationHere = une application de cet ordinateur ({host})
        schemeOwner = l’application à laquelle appartient {scheme}:
        extensionIn = l’extension {id} dans {program}
        accessNotGranted = L’accès n’a pas été accordé
        loginFailed = La connexion a échoué
        closeOrReturn = Vous pouvez fermer cette page ou revenir à {destination}, l’adresse enregistrée par {client}.
        theApplication = l’application
        returnTo = Revenir à {destination}
        code = Code
        proceed = Continuer
        signIn = Se connecter
        help = Aide
        imprint = Mentions légales
        """
}
