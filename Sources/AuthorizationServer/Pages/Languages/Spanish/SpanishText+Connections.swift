extension SpanishText {
    /// The page of a user’s connections and applications.
    static let connections = """
        applications = Aplicaciones
        noApplications = Ninguna aplicación tiene acceso.
        removeAll = Retirar el acceso de todas las aplicaciones
        removeAccess = Retirar el acceso
        noAccessNow = Sin acceso ahora
        hasAccess = Tiene acceso
        answersGoTo = Las respuestas van a
        since = Desde
        publishedBy = Publicada por
        notAskedUntil = No se le preguntará de nuevo por {resource} hasta {time}.
        askMeAgain = Preguntarme de nuevo
        connectText = Una aplicación a la que dio acceso necesita su cuenta allí.
        itNeeds = Necesita
        enteredText = Una aplicación a la que dio acceso necesita su acceso allí. Lo que escriba se guarda cifrado y se usa para solicitudes a este servicio en su nombre.
        enteredUnusable = {label} falta, es demasiado largo o tiene caracteres que no puede tener.
        enteredMismatch = {label} no tiene la forma correcta.
        enteredRefused = El servicio no lo acepta. No se guardó nada.
        enteredUnavailable = No se puede preguntar al servicio en este momento. No se guardó nada; inténtelo más tarde.
        whereToFind = Dónde encontrarlo
        overview = Sesión iniciada. Las aplicaciones a las que dio acceso pueden usar estas cuentas en su nombre.
        overviewNamed = Sesión iniciada como {name}. Las aplicaciones a las que dio acceso pueden usar estas cuentas en su nombre.
        nothingConnected = No hay nada conectado.
        signOutHere = Cerrar sesión aquí
        signOutEverywhere = Cerrar sesión en todos los navegadores
        connectAgain = Conectar {upstream} de nuevo
        useByDefault = Usar esta cuenta de forma predeterminada
        byDefault = Predeterminada
        byDefaultText = Se usa si una aplicación no nombra otra
        endsSoon = Termina pronto
        endsSoonText = {time}; conéctela de nuevo antes
        connected = Conectada
        refreshed = Renovada
        disconnectIt = Desconectar {upstream}
        notConnected = Sin conectar
        works = Funciona
        connectItAgain = Conéctela de nuevo
        endedByProvider = Terminada por el proveedor
        providerRefuses = El proveedor rechaza este servidor; contacte con su operador
        """
}
