import OAuthProtocol

/// RFC 7521 §4.1: what must hold between the keys of a trusted issuer, so that a mistake stops the start and accepts
/// nothing.
struct TrustedIssuerCheck {
    let section: ConfigurationCursor
    let configuration: Configuration

    /// Checks a whole entry.
    func check(_ issuer: Configuration.TrustedIssuer) {
        if issuer.issuer.hasSameBytes(as: configuration.issuer.text) {
            section["issuer"]?.refuse("is this server's own issuer; its tokens are trusted already")
        }
        if section["identity_assertions"] == nil, section["workloads"] == nil, section["subjects"] == nil {
            section.refuse("accepts nothing; configure identity_assertions, workloads or subjects")
        }
        // Without a fixed URL, the issuer's document would choose which internal address is asked.
        if issuer.allowsPrivateNetwork {
            section.require("jwks_uri", or: "allow_private_network needs a fixed address")
        }
        if section["subjects"] != nil {
            section.require("audiences", or: "subjects need the aud that their tokens must have")
        } else if section["audiences"] != nil, section["workloads"] == nil {
            section["audiences"]?.refuse("is only for workloads and subjects; identity assertions are for our issuer")
        }
        if let audiences = section["audiences"], audiences.elements()?.isEmpty == true {
            audiences.refuse("must name at least one audience")
        }
    }

    /// Checks which tokens may be delegated, and by which clients.
    func check(_ subjects: Configuration.TrustedIssuer.Subjects) {
        if section["actors"] == nil, section["matcher"] == nil, !subjects.acceptsMayAct {
            section.refuse("needs actors, matcher or may_act: true, which decide whose tokens may be delegated")
        }
        if section["actor_claim"] != nil, section["actors"] == nil {
            section["actor_claim"]?.refuse("needs actors, the accepted values of that claim")
        }
        guard let delegates = section["delegates"], !subjects.delegates.isEmpty else {
            if section["delegates"]?.isRefused != true {
                section.reportMissing("delegates", "it names the clients that may present the tokens; * is all of them")
            }
            return
        }
        if subjects.delegates.contains("*") {
            if subjects.delegates.count > 1 { delegates.refuse("* must not be mixed with client ids") }
            // `may_act` names its delegate, and it is the operator who decides which delegates there are.
            if subjects.acceptsMayAct { delegates.refuse("* must not be used together with may_act") }
            return
        }
        let known = delegateIDs
        for id in subjects.delegates where !known.contains(id) {
            let hint = NearestName.of(id, among: known.sorted()).map { "; did you mean \($0)?" } ?? ""
            delegates.refuse("\(id) is neither a resource's client_id nor a client with delegate: true\(hint)")
        }
    }

    /// A workload's tokens must not look like a client's own.
    func checkWorkloadName() {
        guard let cursor = section["client"], let name = cursor.text else { return }
        let ids = configuration.clients.map(\.clientID) + configuration.resources.compactMap(\.clientID)
        if ids.contains(name) {
            cursor.refuse("\(name) is a client's id; choose another name")
        } else if name.hasPrefix(Client.dynamicIDPrefix) || name.contains("://") {
            cursor.refuse("\(name) could be the id of a client that registers itself; choose another name")
        }
    }

    private var delegateIDs: Set<String> {
        Set(configuration.resources.compactMap(\.clientID))
            .union(configuration.clients.filter(\.isDelegate).map(\.clientID))
    }
}
