/// VR-8: what stored tokens are bound to, in the form of ``Connection/upstreamClientID``.
///
/// It is the client id, and behind a space each what else names the server that issued the tokens: the issuer, or the
/// token endpoint where there is none. Earlier versions stored the client id alone at every provider but a protected
/// server, so that such a row does not say which server it is from.
package enum ClientBinding {
    /// Whether tokens bound in the first way continue as those bound in the second one.
    ///
    /// That is so for equal bindings, and for a client id alone that becomes bound to one server. A protected server's
    /// binding has three parts, and no version stored less for it.
    package static func continues(_ stored: String, as present: String) -> Bool {
        if stored.utf8.elementsEqual(present.utf8) { return true }
        let parts = present.utf8.split(separator: space, omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].elementsEqual(stored.utf8)
    }

    /// Whether a binding names the server, and not the client alone.
    package static func namesServer(_ binding: String) -> Bool { binding.utf8.contains(space) }

    private static let space = UInt8(ascii: " ")
}
