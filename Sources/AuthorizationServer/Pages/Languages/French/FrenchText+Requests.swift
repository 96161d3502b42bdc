extension FrenchText {
    /// Requests of applications that are refused.
    static let requests = """
        malformedTitle = Cette demande est mal formée
        malformedText = L’application a envoyé une demande illisible.
        duplicateTitle = La demande est ambiguë
        duplicateText = L’application a envoyé deux fois le paramètre <code>{name}</code>.
        missingClientTitle = La demande ne désigne aucune application
        missingClientText = Le paramètre <code>client_id</code> manque.
        unknownClientTitle = Cette application n’est pas enregistrée ici
        unknownClientText = Ce serveur ne connaît pas son enregistrement ou l’a supprimé.
        unknownClientRemedy = Supprimez la connexion dans votre application et ajoutez-la de nouveau ; elle s’enregistrera alors.
        missingRedirectTitle = La demande n’a pas d’adresse de retour
        missingRedirectText = Le paramètre <code>redirect_uri</code> manque.
        unregisteredRedirectTitle = L’adresse de retour n’est pas enregistrée
        unregisteredRedirectText = L’application a demandé à revenir à une adresse qu’elle n’a pas enregistrée. Rien n’y a été envoyé.
        unregisteredRedirectRemedy = Supprimez la connexion dans votre application et ajoutez-la de nouveau.
        descriptionUnavailableTitle = La description de l’application est inaccessible
        descriptionUnavailableRemedy = Réessayez dans une minute ; si l’erreur persiste, informez les développeurs de l’application.
        descriptionReason = La description se trouve au <code>client_id</code> de l’application : {reason}.
        descriptionInvalidTitle = La description de l’application n’est pas valable
        descriptionInvalidRemedy = Informez les développeurs de l’application ou l’exploitant de ce serveur.
        throttledTitle = Trop d’applications à la fois
        throttledText = Trop de descriptions d’applications ont été demandées depuis votre adresse ou à cet hôte.
        requestExpiredTitle = La demande a expiré
        requestExpiredText = L’application a préparé cette connexion il y a plus d’une minute, ou ne l’a pas préparée ici.
        """
}
