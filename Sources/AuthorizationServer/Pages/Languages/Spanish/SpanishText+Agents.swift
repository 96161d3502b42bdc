extension SpanishText {
    /// Agents of a user and the form that makes one.
    static let agents = """
        agents = Agentes
        noAgents = Ningún agente tiene un token.
        madeBy = Creado por
        madeByYou = usted, en esta página
        madeByApplication = una aplicación con acceso
        ends = Termina
        endAgent = Terminar este agente
        agentForm = Un token para un agente
        agentFormText = Cualquier programa que tenga el token actúa por usted dentro de estos límites. Se muestra una sola vez.
        agentName = Nombre
        yourAccounts = Sus cuentas
        endsAfter = Termina después de
        oneDay = 1 día
        days = {count} días
        makeToken = Crear el token
        """
}
