extension SpanishText {
    /// Words that several pages use.
    static let common = """
        startAgain = Vuelva a su aplicación y empiece de nuevo.
        startAgainWithCookies = Vuelva a su aplicación y empiece de nuevo, con las cookies permitidas.
        informDevelopers = Vuelva a su aplicación y empiece de nuevo; si vuelve a fallar, informe a sus desarrolladores.
        waitAndRetry = Espere un minuto e inténtelo de nuevo.
        askOperator = Es poco probable que ayude intentarlo de nuevo. Pregunte al operador de este servidor, que encontrará la causa por la referencia.
        chooseAnotherAccount = Vuelva a su aplicación, empiece de nuevo y elija otra cuenta.
        reference = Referencia: {id}
        yourConnections = Sus conexiones
        signedIn = sesión iniciada
        signedInAs = Sesión iniciada como
        connectIt = Conectar {upstream}
        connectQuestion = ¿Conectar {upstream}?
        notNow = Ahora no
        onlyIfYou = Continúe solo si su propia aplicación le ha enviado aquí y si esta persona es usted.
        signOutNotYou = ¿No es usted? Cerrar sesión aquí
        namelessApplication = Una aplicación sin nombre
        allowed = Permitido
        accessTo = Acceso a
        account = Cuenta
        used = Usada
        notYet = todavía no
        closePage = Puede cerrar esta página y volver a su aplicación.
        nothingChanged = No se cambió nada.
        requestFailedTitle = La solicitud ha fallado
        unknownTime = desconocido
        unreadableAddress = una dirección ilegible
        applicationHere = una aplicación de este ordenador ({host})
        schemeOwner = la aplicación a la que pertenece {scheme}:
        extensionIn = la extensión {id} en {program}
        accessNotGranted = No se concedió el acceso
        loginFailed = El inicio de sesión ha fallado
        closeOrReturn = Puede cerrar esta página o volver a {destination}, la dirección que registró {client}.
        theApplication = la aplicación
        returnTo = Volver a {destination}
        code = Código
        proceed = Continuar
        signIn = Iniciar sesión
        help = Ayuda
        imprint = Aviso legal
        """
}
