extension FrenchText {
    /// Signing in, and the steps of a login at several providers.
    static let signIn = """
        accountShared = Un autre utilisateur de ce serveur a relié le compte chez {upstream}.
        accountNew = Le compte chez {upstream} n’est pas encore relié.
        legFor = Pour
        justSignedIn = la personne qui vient de se connecter
        legWarning = Les applications de cette personne pourront alors utiliser le compte. Continuez seulement si les deux sont vous.
        notMe = Ce n’est pas moi
        deviceTitle = Relier un appareil
        deviceWrong = Ce code est inconnu ou a expiré. Comparez-le à celui de votre appareil, ou recommencez sur l’appareil.
        deviceEnter = Saisissez le code qu’affiche votre appareil ou votre terminal.
        deviceWarning = Continuez seulement si vous avez commencé vous-même. Si une autre personne vous a envoyé un code ou cette adresse, fermez la page : avec votre approbation, cette personne pourrait agir à votre place.
        whoAreYou = Qui êtes-vous ?
        signInToSee = Connectez-vous pour voir vos connexions.
        signInToConnect = Connectez-vous pour relier votre propre compte.
        signInToConnectAgain = Connectez-vous de nouveau pour relier votre propre compte.
        signInToChange = Connectez-vous de nouveau pour modifier vos connexions.
        signInWith = Se connecter avec {upstream}
        passwordUnseen = Ce serveur ne voit jamais votre mot de passe.
        """
}
