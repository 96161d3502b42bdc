import OAuthProtocol

/// RFC 8693 §2.1: what `resources[].delegates_to` may name, checked when all resources are known.
struct DelegationTargetCheck {
    let file: ConfigurationCursor
    let configuration: Configuration

    /// Checks every resource.
    func check() {
        guard case .list? = file["resources"]?.node.content, let elements = file["resources"]?.elements() else {
            return
        }
        let uris = configuration.resources.map(\.uri)
        for element in elements {
            guard let targets = element["delegates_to"] else { continue }
            if element["client_id"] == nil { targets.refuse("needs client_id, by which the MCP server authenticates") }
            guard case .list = targets.node.content else { continue }
            for target in targets.elements() ?? [] {
                guard let uri = target.text else { continue }
                if !uris.contains(uri) {
                    let hint = NearestName.of(uri, among: uris).map { "; did you mean \($0)?" } ?? ""
                    target.refuse("\(uri) is not a configured resource\(hint)")
                } else if uri == element["uri"]?.text {
                    target.refuse("\(uri) is this resource itself")
                }
            }
        }
    }
}
