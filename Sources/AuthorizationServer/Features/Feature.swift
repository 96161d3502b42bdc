/// A part of the server that mounts itself: its endpoints, each with its surface.
///
/// No feature knows another; each takes what it shares with others from the parts of the server.
protocol Feature: Sendable {
    /// The endpoints that the configuration asks for; a new one is one line in the feature's list.
    var endpoints: [any Endpoint] { get }
}
