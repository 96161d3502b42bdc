extension SpanishText {
    /// What became of a connection, an access, a device or an agent.
    static let results = """
        connectedTitle = {upstream} está conectado
        connectedText = Como {account}. Puede cerrar esta página y volver a su aplicación.
        disconnectedTitle = {upstream} está desconectado
        tokensErased = Sus tokens se han borrado aquí.
        providerRevoked = El proveedor también ha revocado los tokens.
        providerCannotRevoke = El proveedor no puede revocar sus tokens a petición: puede hacerlo usted allí, en los ajustes de su cuenta.
        providerNotConfigured = No se preguntó al proveedor porque ya no está configurado aquí: termine el acceso allí, en su cuenta.
        providerFailed = <strong>El proveedor no confirmó</strong> que haya revocado los tokens: termine el acceso allí, en su cuenta.
        alreadyDisconnectedTitle = La conexión no existe
        alreadyDisconnectedText = Ya se había terminado.
        accessRemovedTitle = La aplicación no tiene acceso
        allAccessRemovedTitle = Ninguna aplicación tiene acceso
        accessRemovedText = Su acceso ha terminado aquí y tiene que preguntarle de nuevo.
        accessRemovedLater = Un servicio que no pregunta a este servidor puede aceptar un token anterior durante un máximo de {minutes} minutos.
        noSuchAccessTitle = El acceso no existe
        noSuchAccessText = Ya había terminado.
        notConnectedTitle = {upstream} no se conectó
        unknownUserTitle = No hay nada conectado con esta cuenta
        unknownUserText = Inició sesión en {upstream}, y esta cuenta todavía no se ha usado con este servidor.
        unknownUserRemedy = Inicie sesión con la cuenta que usa en su aplicación.
        anotherUserTitle = Este enlace es para otra persona
        anotherUserText = Se creó para una persona distinta de la que tiene la sesión iniciada aquí. No se conectó nada.
        anotherUserRemedy = Si alguien le envió el enlace, no lo use. Si tiene varias cuentas, cierre la sesión en la página de sus conexiones y siga el enlace de nuevo.
        otherOwnerTitle = Esta cuenta pertenece aquí a otra persona
        otherOwnerText = La cuenta que eligió en {upstream} pertenece aquí a otra persona. No se conectó nada.
        otherAccountTitle = Esta es una cuenta distinta
        otherAccountText = Elija en {upstream} la misma cuenta que antes. No se conectó nada.
        upstreamFailedTitle = No se pudo conectar {upstream}
        deviceApprovedTitle = El dispositivo está conectado
        deviceApprovedText = Vuelva a él: continúa en unos segundos. Puede cerrar esta página.
        deviceRefusedTitle = El dispositivo no se conectó
        deviceRefusedRemedy = Para intentarlo de nuevo, empiece otra vez en el dispositivo.
        agentMadeTitle = El token del agente
        agentMadeText = Cópielo ahora: no se mostrará otra vez. Cualquier programa que lo tenga actúa por usted hasta que termine el agente.
        agentRefusedTitle = No se creó ningún token
        agentEndedTitle = El agente ha terminado
        agentEndedText = Su token ya no se acepta aquí.
        """
}
