extension String {
    /// Whether both strings have the same bytes; `==` also accepts canonically equivalent ones.
    ///
    /// Swift compares by canonical equivalence, where U+212A KELVIN SIGN equals `K`: an issuer, a client identifier or
    /// a redirect URI compared that way could be impersonated. RFC 3986 §6.2.1: simple string comparison.
    package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let left = utf8.span
        let right = other.utf8.span
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
