import UpstreamIdentity

/// Registers this server at the providers that need it, before the first user arrives.
///
/// An unavailable provider prevents no start and is asked again.
struct UpstreamRegistrations: Sendable {
    private let providers: [UpstreamProvider]

    init(_ upstreams: UpstreamDirectory, names: [String]) {
        providers = names.compactMap { upstreams[$0] }
    }

    /// Registers where that was not done yet; each provider limits how often it is tried.
    func performDue() async {
        for provider in providers {
            // Logged where it happened; a login in the meantime gets the same error.
            _ = try? await provider.client()
        }
    }
}
