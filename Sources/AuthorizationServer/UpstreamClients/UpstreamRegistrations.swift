import UpstreamIdentity

/// Registers us at the providers that want it so, before the first user comes; a provider that is down keeps nobody from
/// starting and is asked again.
struct UpstreamRegistrations: Sendable {
    private let providers: [UpstreamProvider]

    init(_ upstreams: UpstreamDirectory, names: [String]) {
        providers = names.compactMap { upstreams[$0] }
    }

    /// Registers where that was not done yet; each provider limits how often it is tried.
    func performDue() async {
        for provider in providers {
            // Told in the log where it happened; a login meanwhile gets the same error.
            _ = try? await provider.client()
        }
    }
}
