extension EnglishText {
    /// Requests of applications that are refused.
    static let requests = """
        malformedTitle = This request is malformed
        malformedText = The application sent a request that cannot be read.
        duplicateTitle = The request is ambiguous
        duplicateText = The application sent the parameter <code>{name}</code> twice.
        missingClientTitle = The request names no application
        missingClientText = The parameter <code>client_id</code> is missing.
        unknownClientTitle = This application is not registered here
        unknownClientText = This server does not know its registration, or has removed it.
        unknownClientRemedy = Remove the connection in your application and add it again; it then registers again.
        missingRedirectTitle = The request has no return address
        missingRedirectText = The parameter <code>redirect_uri</code> is missing.
        unregisteredRedirectTitle = The return address is not registered
        unregisteredRedirectText = The application asked to return to an address that it did not register. Nothing was sent there.
        unregisteredRedirectRemedy = Remove the connection in your application and add it again.
        descriptionUnavailableTitle = The application’s description cannot be fetched
        descriptionUnavailableRemedy = Try again in a minute; if it fails again, inform the developers of the application.
        descriptionReason = The description is at the application’s <code>client_id</code>: {reason}.
        descriptionInvalidTitle = The application’s description is invalid
        descriptionInvalidRemedy = Inform the developers of the application, or the operator of this server.
        throttledTitle = Too many applications at once
        throttledText = Too many descriptions of applications were requested from your address or from this host.
        requestExpiredTitle = The request has expired
        requestExpiredText = The application prepared this login more than a minute ago, or did not prepare it here.
        """
}
