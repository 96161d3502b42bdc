extension SpanishText {
    /// The question for consent, and the words for scopes.
    static let consent = """
        consentTitle = ¿Permitir el acceso?
        consentQuestion = ¿Permitir que {client} use sus cuentas?
        deviceWithCode = Para el dispositivo que muestra el código
        answerSentTo = La respuesta se envía a
        itWillUse = Usará su cuenta en
        itMay = En su nombre podrá
        neverSeesPassword = {client} nunca ve su contraseña. Actúa en su nombre hasta que usted retire el acceso en {page}.
        pageOfConnections = la página de sus conexiones
        deny = Rechazar
        approve = Aprobar
        registeredByOperator = Registrada por el operador de este servidor.
        unverifiedName = Este nombre no está verificado: lo eligió la propia aplicación.
        publishedByHost = Publicada por {host}.
        differentPublisher = La aplicación está publicada por {publisher}, pero la respuesta se envía a {destination}. Apruebe solo si sabe que ambos están relacionados.
        loopback = La respuesta se envía a un programa de este ordenador. Apruebe solo si acaba de iniciar la conexión usted mismo.
        loopbackNamed = La respuesta se envía a un programa de este ordenador. Cualquier programa puede llamarse {client} en él. Apruebe solo si acaba de iniciar la conexión usted mismo.
        ownDevice = Apruebe solo si usted mismo empezó esto y <strong>su propio dispositivo muestra ahora este código</strong>. Si otra persona le envió el código o la dirección, rechácelo: con su aprobación esa persona podría actuar como usted.
        askingFor = pide
        onlyWhenNeeded = (solo cuando haga falta: entonces se le preguntará)
        optional = (opcional)
        knowLogin = saber que usted inició sesión
        scopeOpenid = saber quién es usted aquí
        scopeProfile = ver su nombre
        scopeEmail = ver su dirección de correo electrónico
        scopeOffline = seguir conectada mientras usted no está
        scopeAgents = crear tokens con los que programas actúan por usted dentro de este acceso, y terminarlos
        scopeConnections = ver sus cuentas en los proveedores y desconectarlas para todas las aplicaciones
        """
}
