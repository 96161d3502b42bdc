/// RFC 9449 §4.3 #9 at a resource with several addresses: a proof may name any that the operator accepts (FD-6).
///
/// A client that knows a resource by an alias, or by a tolerated spelling, proves its requests for that address. What
/// is accepted here is what a `resource` parameter may name, and never another resource's address.
package struct AddressedResource: Sendable {
    private let resource: ProtectedResource
    private let catalogue: ResourceCatalogue

    /// `nil` for a resource that has one address in one spelling.
    package init?(_ resource: ProtectedResource, in catalogue: ResourceCatalogue) {
        guard !resource.aliases.isEmpty || !resource.tolerances.isEmpty else { return nil }
        self.resource = resource
        self.catalogue = catalogue
    }

    /// Whether a URI is at the origin of one of the addresses, and not at or below another resource's address.
    package func contains(_ uri: String) -> Bool {
        NormalizedTarget(uri).map(owns) ?? false
    }

    private func owns(_ target: NormalizedTarget) -> Bool {
        guard origins.contains(target.origin) else { return false }
        return catalogue.nearest(to: target).map(isSame) ?? true
    }

    /// Whether a proof for `target` is for a request to one of these URIs.
    func isNamed(by target: NormalizedTarget, in requests: [NormalizedTarget]) -> Bool {
        // The same path at another address of the resource.
        if requests.contains(where: { $0.path == target.path }), owns(target) { return true }
        // Another spelling of the resource itself.
        return isMeant(target.text) && requests.contains { request in origins.contains { isMeant($0 + request.path) } }
    }

    private var origins: [String] {
        ([resource.uri] + resource.aliases).compactMap { NormalizedTarget($0)?.origin }
    }

    private func isMeant(_ text: String) -> Bool {
        catalogue.resource(spelled: text).map(isSame) ?? false
    }

    private func isSame(_ other: ProtectedResource) -> Bool { other.uri.hasSameBytes(as: resource.uri) }
}

extension ResourceCatalogue {
    /// The resource at or below whose address a URI is, the nearest if several are; `nil` if there is none.
    fileprivate func nearest(to target: NormalizedTarget) -> ProtectedResource? {
        // No address is longer: the path of a longer URI is cut first, so that its length does not decide the cost.
        let path = target.path.utf8.prefix(RedirectURI.byteCountMax)
        var text = target.origin + String(decoding: path, as: UTF8.self)
        while text.utf8.count > target.origin.utf8.count {
            if let found = resource(spelled: text) { return found }
            guard !text.hasSuffix("/"), let slash = text.lastIndex(of: "/") else {
                text.removeLast()
                continue
            }
            text = String(text[...slash])
        }
        return nil
    }
}
