extension FrenchText {
    /// Logins, forms and links that no longer continue.
    static let endings = """
        expiredTitle = Cette connexion n’est plus valable
        expiredText = Elle a duré plus de dix minutes ou elle est déjà terminée.
        wrongBrowserTitle = Cette connexion ne peut pas continuer dans ce navigateur
        wrongBrowserText = Elle a été approuvée dans un autre navigateur, a duré plus de dix minutes ou est déjà terminée. Pour votre sécurité, une connexion doit se terminer là où elle a été approuvée.
        wrongBrowserRemedy = Si quelqu’un vous a envoyé le lien, ne l’utilisez pas. Sinon, recommencez dans votre application, avec les cookies autorisés.
        foreignFormTitle = Ce formulaire n’a pas été envoyé depuis notre page
        foreignFormText = Le formulaire a été envoyé depuis un autre site, un autre navigateur ou sans cookies.
        changedClientTitle = L’application vient de modifier sa description
        changedClientText = La description que vous avez vue n’est plus à jour.
        badFormTitle = Ce formulaire est incomplet
        badFormText = Une partie manque ou a été modifiée.
        alreadyUsedTitle = Cette page a déjà reçu une réponse
        alreadyUsedText = Une approbation ne peut être donnée qu’une fois.
        alreadyUsedRemedy = Retournez à votre application ; si elle ne continue pas, recommencez-y.
        badCallbackTitle = La réponse du fournisseur d’identité n’est pas valable
        badCallbackText = Elle est incomplète, répétée ou destinée à une autre connexion.
        unknownUpstreamTitle = Le fournisseur d’identité est inconnu
        unknownUpstreamText = L’adresse désigne un fournisseur qui n’est pas configuré.
        badLinkTitle = Ce lien n’est pas valable
        badLinkText = Il est incomplet ou n’a pas été créé par ce serveur.
        expiredLinkTitle = Ce lien n’est plus valable
        expiredLinkText = Un lien fonctionne une fois, pendant dix minutes.
        expiredLinkRemedy = Retournez à votre application et répétez la dernière étape ; elle redemandera si nécessaire.
        tooManyLoginsTitle = Trop de connexions depuis votre réseau
        tooManyLoginsText = Votre adresse a commencé plus de connexions que ce serveur n’en permet en peu de temps.
        overloadedTitle = Trop de connexions en ce moment
        overloadedText = Le serveur est à sa limite.
        """
}
