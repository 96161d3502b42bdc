extension FrenchText {
    /// Agents of a user and the form that makes one.
    static let agents = """
        agents = Agents
        noAgents = Aucun agent n’a de jeton.
        madeBy = Créé par
        madeByYou = vous, sur cette page
        madeByApplication = une application ayant accès
        ends = Fin
        endAgent = Mettre fin à cet agent
        agentForm = Un jeton pour un agent
        agentFormText = Tout programme qui possède le jeton agit pour vous dans ces limites. Il est affiché une seule fois.
        agentName = Nom
        yourAccounts = Vos comptes
        endsAfter = Prend fin après
        oneDay = 1 jour
        days = {count} jours
        makeToken = Créer le jeton
        """
}
