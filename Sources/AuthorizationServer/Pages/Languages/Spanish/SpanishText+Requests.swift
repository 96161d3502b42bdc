extension SpanishText {
    /// Requests of applications that are refused.
    static let requests = """
        malformedTitle = Esta solicitud está mal formada
        malformedText = La aplicación envió una solicitud que no se puede leer.
        duplicateTitle = La solicitud es ambigua
        duplicateText = La aplicación envió dos veces el parámetro <code>{name}</code>.
        missingClientTitle = La solicitud no nombra ninguna aplicación
        missingClientText = Falta el parámetro <code>client_id</code>.
        unknownClientTitle = Esta aplicación no está registrada aquí
        unknownClientText = Este servidor no conoce su registro o lo ha eliminado.
        unknownClientRemedy = Elimine la conexión en su aplicación y añádala otra vez; entonces se registrará de nuevo.
        missingRedirectTitle = La solicitud no tiene dirección de retorno
        missingRedirectText = Falta el parámetro <code>redirect_uri</code>.
        unregisteredRedirectTitle = La dirección de retorno no está registrada
        unregisteredRedirectText = La aplicación pidió volver a una dirección que no registró. No se envió nada allí.
        unregisteredRedirectRemedy = Elimine la conexión en su aplicación y añádala otra vez.
        descriptionUnavailableTitle = No se puede obtener la descripción de la aplicación
        descriptionUnavailableRemedy = Inténtelo de nuevo en un minuto; si vuelve a fallar, informe a los desarrolladores de la aplicación.
        descriptionReason = La descripción está en el <code>client_id</code> de la aplicación: {reason}.
        descriptionInvalidTitle = La descripción de la aplicación no es válida
        descriptionInvalidRemedy = Informe a los desarrolladores de la aplicación o al operador de este servidor.
        throttledTitle = Demasiadas aplicaciones a la vez
        throttledText = Se pidieron demasiadas descripciones de aplicaciones desde su dirección o a este host.
        requestExpiredTitle = La solicitud ha caducado
        requestExpiredText = La aplicación preparó este inicio de sesión hace más de un minuto o no lo preparó aquí.
        """
}
