extension EnglishText {
    /// Agents of a user and the form that makes one.
    static let agents = """
        agents = Agents
        noAgents = No agent has a token.
        madeBy = Made by
        madeByYou = you, on this page
        madeByApplication = an application with access
        ends = Ends
        endAgent = End this agent
        agentForm = A token for an agent
        agentFormText = Any program that has the token acts for you within these limits. It is shown once.
        agentName = Name
        yourAccounts = Your accounts
        endsAfter = Ends after
        oneDay = 1 day
        days = {count} days
        makeToken = Make the token
        """
}
