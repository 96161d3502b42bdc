/// The paths that other parts than their endpoint name, relative to the issuer.
enum EndpointPath {
    /// Where clients get tokens; an assertion's audience may name it.
    static let token = "/oauth/token"
    /// Where providers answer; the upstream's name follows.
    static let callback = "/oauth/callback"
    /// Where our own metadata as the client of protected servers is; the upstream's name and `.json` follow.
    static let clientDocument = "/.well-known/oauth-client"
    /// Where the consent page's form goes.
    static let consent = "/oauth/consent"
    /// Where the form about a further account goes.
    static let legConfirmation = "/oauth/confirm"
}
