extension SpanishText {
    /// Logins, forms and links that no longer continue.
    static let endings = """
        expiredTitle = Este inicio de sesión ya no es válido
        expiredText = Duró más de diez minutos o ya ha terminado.
        wrongBrowserTitle = Este inicio de sesión no puede continuar en este navegador
        wrongBrowserText = Se aprobó en otro navegador, duró más de diez minutos o ya ha terminado. Por su seguridad, un inicio de sesión debe terminar donde se aprobó.
        wrongBrowserRemedy = Si alguien le envió el enlace, no lo use. De lo contrario, empiece de nuevo en su aplicación, con las cookies permitidas.
        foreignFormTitle = Este formulario no se envió desde nuestra página
        foreignFormText = El formulario se envió desde otro sitio, otro navegador o sin cookies.
        changedClientTitle = La aplicación acaba de cambiar su descripción
        changedClientText = La descripción que usted vio ya no está vigente.
        badFormTitle = Este formulario está incompleto
        badFormText = Falta una parte o se ha modificado.
        alreadyUsedTitle = Esta página ya se ha respondido
        alreadyUsedText = Una aprobación solo puede darse una vez.
        alreadyUsedRemedy = Vuelva a su aplicación; si no continúa, empiece allí de nuevo.
        badCallbackTitle = La respuesta del proveedor de identidad no es válida
        badCallbackText = Está incompleta, repetida o es de otro inicio de sesión.
        unknownUpstreamTitle = El proveedor de identidad es desconocido
        unknownUpstreamText = La dirección nombra un proveedor que no está configurado.
        badLinkTitle = Este enlace no es válido
        badLinkText = Está incompleto o no lo creó este servidor.
        expiredLinkTitle = Este enlace ya no es válido
        expiredLinkText = Un enlace funciona una vez, durante diez minutos.
        expiredLinkRemedy = Vuelva a su aplicación y repita el último paso; volverá a preguntar si es necesario.
        tooManyLoginsTitle = Demasiados inicios de sesión desde su red
        tooManyLoginsText = Desde su dirección se iniciaron más sesiones de las que este servidor permite en poco tiempo.
        overloadedTitle = Demasiados inicios de sesión en este momento
        overloadedText = El servidor está en su límite.
        """
}
