/// When an upstream is asked for.
package enum LoginNeed: String, CaseIterable, Hashable, Sendable {
    /// Every login visits it, and fails when it fails.
    case required
    /// A login visits it if the user agrees on the consent page, and continues when it fails.
    case optional
    /// No login visits it: the first retrieval of its token sends the user there.
    case onDemand = "on_demand"
}
