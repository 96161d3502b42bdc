/// What the server does at providers without a request.
struct ProviderDuties: Sendable {
    /// The owner of all background work.
    let work: BackgroundWork
    /// Refreshes tokens before they expire.
    let refresh: BackgroundRefresh
    /// Everything else.
    let others: UpstreamDuties
}
