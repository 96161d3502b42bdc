/// The users whom `oidc_provider.py` knows.
struct UpstreamUser: Sendable {
    let subject: String
    let name: String
    let email: String

    static let alice = UpstreamUser(subject: "alice-7f3", name: "Alice Anders", email: "alice@corp.example")
    static let bob = UpstreamUser(subject: "bob-c21", name: "Bob Bauer", email: "bob@corp.example")
}
