import OAuthProtocol

/// CO-1: the question before a client gets access: which client, where the answer is sent, which access, and with whose
/// account.
///
/// Client names are self-asserted, so the redirect's host is shown beside them (D-59, D-92).
struct ConsentPage {
    /// A provider that the login visits, or that the client may need later.
    package struct Upstream: Sendable {
        package let name: String
        package let scopes: [String]
        package let need: LoginNeed
    }

    let client: Client
    let request: AuthorizationRequest
    let resource: ProtectedResource
    let scopeWords: [String: String]
    let upstreams: [Upstream]
    let ticket: String

    var title: String { "Allow access?" }

    private var clientName: String { client.name ?? "An application without a name" }

    private var answer: HTML {
        if let device = request.device {
            return "<dt>For the device that shows the code</dt><dd><strong>\(device.userCode)</strong></dd>"
        }
        return "<dt>The answer is sent to</dt><dd>\(destination.name)</dd>"
    }

    private var destination: RedirectDestination { RedirectDestination(request.redirectURI) }

    /// The page's content; the form posts to `action`, and `connections` is where access is withdrawn.
    func body(action: String, connections: String) -> HTML {
        """
        <h1>Allow <strong>\(clientName)</strong> to use your accounts?</h1>
        <div class="who"><span class="mark" aria-hidden="true">\(mark)</span>\(verification)</div>
        <dl>
        \(answer)
        <dt>Access to</dt><dd>\(resourceName)<code>\(request.resource)</code>\(resourceSummary)</dd>
        </dl>
        \(warnings)
        <h2>It will use your account at</h2>
        <ul>\(upstreams.map(item))</ul>
        <h2>On your behalf it may</h2>
        \(permissions)
        <p class="quiet small">\(clientName) never sees your password. It acts on your behalf until you withdraw access \
        on <a href="\(connections)" target="_blank" rel="noopener">the page of your connections</a>.</p>
        <form method="post" action="\(action)" id="\(Self.formID)">
        <input type="hidden" name="ticket" value="\(ticket)">\(offer)
        <div class="actions"><button type="submit" name="decision" value="deny">Deny</button>
        <button type="submit" name="decision" value="approve" class="main">Approve</button></div></form>
        """
    }

    // The address stays: a name is the operator's word, and the address is what the tokens are for.
    private var resourceName: HTML { resource.name.map { "<strong>\($0)</strong> " } ?? .none }

    private var resourceSummary: HTML {
        resource.summary.map { "<br><span class=\"quiet small\">\($0)</span>" } ?? .none
    }

    private var mark: String {
        clientName.first { $0.isLetter || $0.isNumber }.map { String($0).uppercased() } ?? "?"
    }

    // D-92: no home page beside the name, because an address that the client merely claims (`client_uri`) would lend it
    // another's reputation.
    private var verification: HTML {
        switch client.kind {
        case .preRegistered: "<p class=\"quiet\">Registered by the operator of this server.</p>"
        case .dynamic: "<p class=\"quiet\">This name is unverified: the application chose it itself.</p>"
        case .metadataDocument:
            "<p class=\"quiet\">Published by <strong>\(URIReference(client.id)?.host ?? client.id)</strong>.</p>"
        }
    }

    private var warnings: HTML {
        if request.device != nil { return Self.deviceWarning }
        guard client.kind != .preRegistered, let redirect = URIReference(request.redirectURI) else { return .none }
        if redirect.isLoopbackHTTP {
            return loopbackWarning
        }
        // CM-8: the publisher of the description and the receiver of the answer are different parties.
        guard client.kind == .metadataDocument, let publisher = URIReference(client.id)?.host,
            destination.host?.lowercased() != publisher.lowercased()
        else { return .none }
        return Self.warning(
            """
            The application is published by <strong>\(publisher)</strong>, but the answer is sent to \
            <strong>\(destination.name)</strong>. Approve only if you know that they belong together.
            """
        )
    }

    // CM-8: any program on this computer can listen on a loopback port, under any application's name (D-69).
    private var loopbackWarning: HTML {
        guard client.kind == .metadataDocument else {
            return Self.warning(
                """
                The answer is sent to a program on this computer. Approve only if you have just started the connection yourself.
                """
            )
        }
        return Self.warning(
            """
            The answer is sent to a program on this computer. Any program on it can call itself \(clientName). Approve only \
            if you have just started the connection yourself.
            """
        )
    }

    // RFC 8628 §5.4: an attacker starts the flow on a device of his own and sends the code to the victim.
    private static let deviceWarning = warning(
        """
        Approve only if you started this yourself and <strong>your own device shows this code now</strong>. If another \
        person sent you the code or the address, deny: with your approval that person could act as you.
        """
    )

    private static func warning(_ text: HTML) -> HTML {
        "<p class=\"warn\">\(PageIcon.attention)<span>\(text)</span></p>"
    }

    private func item(_ upstream: Upstream) -> HTML {
        let asked: HTML =
            upstream.scopes.isEmpty
            ? .none : "<br><span class=\"quiet small\">asking for</span> \(ScopeWords.inline(upstream.scopes))"
        switch upstream.need {
        case .required: return "<li><strong>\(upstream.name)</strong>\(asked)</li>"
        case .onDemand:
            return """
                <li><strong>\(upstream.name)</strong> <span class="quiet">(only when it is needed: you are asked \
                then)</span>\(asked)</li>
                """
        case .optional:
            return """
                <li><label><input type="checkbox" form="\(Self.formID)" name="\(Self.choiceField)" \
                value="\(upstream.name)" checked> <strong>\(upstream.name)</strong></label> \
                <span class="quiet">(optional)</span>\(asked)</li>
                """
        }
    }

    // A box that is not checked sends nothing, so the form says that it had boxes.
    private var offer: HTML {
        guard upstreams.contains(where: { $0.need == .optional }) else { return .none }
        return "<input type=\"hidden\" name=\"\(Self.offerField)\" value=\"1\">"
    }

    private static let formID = "decide"

    /// The form's field for each optional upstream that the user agrees to.
    static let choiceField = "upstream"

    /// The form's field that says that optional upstreams were offered.
    static let offerField = "upstreams_offered"

    private var permissions: HTML {
        let scopes = request.scopes.tokens
        return scopes.isEmpty ? "<ul><li>know that you logged in</li></ul>" : ScopeWords.list(scopes, words: scopeWords)
    }
}
