extension FrenchText {
    /// The page of a user’s connections and applications.
    static let connections = """
        applications = Applications
        noApplications = Aucune application n’a d’accès.
        removeAll = Retirer l’accès de toutes les applications
        removeAccess = Retirer l’accès
        noAccessNow = Pas d’accès actuellement
        hasAccess = A accès
        answersGoTo = Réponses envoyées à
        since = Depuis
        publishedBy = Publiée par
        notAskedUntil = On ne vous redemandera pas pour {resource} avant {time}.
        askMeAgain = Me redemander
        connectText = Une application à laquelle vous avez donné accès a besoin de votre compte chez ce fournisseur.
        itNeeds = Il lui faut
        enteredText = Une application à laquelle vous avez donné accès a besoin de votre accès à ce service. Ce que vous saisissez est conservé chiffré et sert aux demandes faites à ce service en votre nom.
        enteredUnusable = {label} manque, est trop long ou contient des caractères impossibles.
        enteredMismatch = {label} n’a pas la bonne forme.
        enteredRefused = Le service ne l’accepte pas. Rien n’a été enregistré.
        enteredUnavailable = Le service ne peut pas être interrogé en ce moment. Rien n’a été enregistré ; réessayez plus tard.
        whereToFind = Où le trouver
        overview = Connecté. Les applications auxquelles vous avez donné accès peuvent utiliser ces comptes en votre nom.
        overviewNamed = Connecté en tant que {name}. Les applications auxquelles vous avez donné accès peuvent utiliser ces comptes en votre nom.
        nothingConnected = Rien n’est relié.
        signOutHere = Se déconnecter ici
        signOutEverywhere = Se déconnecter dans tous les navigateurs
        connectAgain = Relier de nouveau {upstream}
        useByDefault = Utiliser ce compte par défaut
        byDefault = Par défaut
        byDefaultText = Utilisé sauf si une application en désigne un autre
        endsSoon = Expire bientôt
        endsSoonText = {time} ; reconnectez-le avant
        connected = Relié
        refreshed = Renouvelé
        disconnectIt = Ne plus relier {upstream}
        notConnected = Non relié
        works = Fonctionne
        connectItAgain = À relier de nouveau
        endedByProvider = Le fournisseur y a mis fin
        providerRefuses = Le fournisseur refuse ce serveur ; contactez son exploitant
        """
}
