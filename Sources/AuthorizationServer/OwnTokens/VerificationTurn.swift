import SocketHTTP

/// Verifies what strangers present in turns of the event loop that have room for it.
///
/// Anyone can send tokens with signatures that are noise, and each costs us a verification, as much as several
/// requests. A turn has room for a few; the requests of others are answered in between, however many such tokens
/// arrive.
enum VerificationTurn {
    /// Returns when a signature may be verified; callers are served in their order.
    static func begin() async { await EventLoop.roomForSlowWork() }
}
