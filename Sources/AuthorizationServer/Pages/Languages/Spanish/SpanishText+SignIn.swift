extension SpanishText {
    /// Signing in, and the steps of a login at several providers.
    static let signIn = """
        accountShared = Otro usuario de este servidor ha conectado la cuenta de {upstream}.
        accountNew = La cuenta de {upstream} todavía no está conectada.
        legFor = Para
        justSignedIn = la persona que acaba de iniciar sesión
        legWarning = Las aplicaciones de esta persona podrán usar entonces la cuenta. Continúe solo si ambas son usted.
        notMe = No soy yo
        deviceTitle = Conectar un dispositivo
        deviceWrong = Este código es desconocido o ha caducado. Compárelo con el de su dispositivo o empiece allí de nuevo.
        deviceEnter = Escriba el código que muestra su dispositivo o su terminal.
        deviceWarning = Continúe solo si usted mismo empezó esto. Si otra persona le envió un código o esta dirección, cierre la página: con su aprobación esa persona podría actuar como usted.
        whoAreYou = ¿Quién es usted?
        signInToSee = Inicie sesión para ver sus conexiones.
        signInToConnect = Inicie sesión para conectar su propia cuenta.
        signInToConnectAgain = Inicie sesión de nuevo para conectar su propia cuenta.
        signInToChange = Inicie sesión de nuevo para cambiar sus conexiones.
        signInWith = Iniciar sesión con {upstream}
        passwordUnseen = Este servidor nunca ve su contraseña.
        """
}
