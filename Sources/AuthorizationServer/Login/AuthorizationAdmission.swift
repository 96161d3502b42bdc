import OAuthProtocol

/// What decides whether an authorization request may begin, and whether its user is asked.
struct AuthorizationAdmission: Sendable {
    /// Finds clients, including those that publish a metadata document.
    let clients: any ClientResolver
    /// The resources that tokens may be for.
    let resources: ResourceCatalogue
    /// Which scopes can be granted.
    let scopePolicy: ScopePolicy
    /// Whether the user is asked.
    let consent: ConsentPolicy
    /// Seals what the user was asked.
    let tickets: ConsentTicketSealing
    /// Gives decisions to devices that wait for them.
    let devices: DeviceAnswers
}
