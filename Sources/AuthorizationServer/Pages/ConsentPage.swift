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

    var title: String { PageText.consentTitle.text() }

    private var clientName: String { client.name ?? PageText.namelessApplication.text() }

    private var answer: HTML {
        if let device = request.device {
            return "<dt>\(PageText.deviceWithCode)</dt><dd><strong>\(device.userCode)</strong></dd>"
        }
        return "<dt>\(PageText.answerSentTo)</dt><dd>\(destination.name)</dd>"
    }

    private var destination: RedirectDestination { RedirectDestination(request.redirectURI) }

    /// The page's content; the form posts to `action`, and `connections` is where access is withdrawn.
    func body(action: String, connections: String) -> HTML {
        """
        <h1>\(PageText.consentQuestion.html(["client": "<strong>\(clientName)</strong>"]))</h1>
        <div class="who"><span class="mark" aria-hidden="true">\(mark)</span>\(verification)</div>
        <dl>
        \(answer)
        <dt>\(PageText.accessTo)</dt><dd>\(resourceName)<code>\(request.resource)</code>\(resourceSummary)</dd>
        </dl>
        \(warnings)
        <h2>\(PageText.itWillUse)</h2>
        <ul>\(upstreams.map(item))</ul>
        <h2>\(PageText.itMay)</h2>
        \(permissions)
        <p class="quiet small">\(ending(connections))</p>
        <form method="post" action="\(action)" id="\(Self.formID)">
        <input type="hidden" name="ticket" value="\(ticket)">\(offer)
        <div class="actions"><button type="submit" name="decision" value="deny">\(PageText.deny)</button>
        <button type="submit" name="decision" value="approve" class="main">\(PageText.approve)</button></div></form>
        """
    }

    // The address stays: a name is the operator's word, and the address is what the tokens are for.
    private var resourceName: HTML { resource.name.map { "<strong>\($0)</strong> " } ?? .none }

    private var resourceSummary: HTML {
        resource.summary.map { "<br><span class=\"quiet small\">\($0)</span>" } ?? .none
    }

    private var publisher: String { URIReference(client.id)?.host ?? client.id }

    private func ending(_ connections: String) -> HTML {
        PageText.neverSeesPassword.html([
            "client": "\(clientName)",
            "page": """
            <a href="\(connections)" target="_blank" rel="noopener">\(PageText.pageOfConnections)</a>
            """,
        ])
    }

    private var mark: String {
        clientName.first { $0.isLetter || $0.isNumber }.map { String($0).uppercased() } ?? "?"
    }

    // D-92: no home page beside the name, because an address that the client merely claims (`client_uri`) would lend it
    // another's reputation.
    private var verification: HTML {
        switch client.kind {
        case .preRegistered: "<p class=\"quiet\">\(PageText.registeredByOperator)</p>"
        case .dynamic: "<p class=\"quiet\">\(PageText.unverifiedName)</p>"
        case .metadataDocument:
            "<p class=\"quiet\">\(PageText.publishedByHost.html(["host": "<strong>\(publisher)</strong>"]))</p>"
        }
    }

    private var warnings: HTML {
        if request.device != nil { return Self.deviceWarning }
        guard client.kind != .preRegistered, let redirect = URIReference(request.redirectURI) else { return .none }
        if redirect.isLoopbackHTTP {
            return loopbackWarning
        }
        // CM-8: the publisher of the description and the receiver of the answer are different parties.
        guard client.kind == .metadataDocument, URIReference(client.id)?.host != nil,
            destination.host?.lowercased() != publisher.lowercased()
        else { return .none }
        return Self.warning(
            PageText.differentPublisher.html([
                "publisher": "<strong>\(publisher)</strong>", "destination": "<strong>\(destination.name)</strong>",
            ])
        )
    }

    // CM-8: any program on this computer can listen on a loopback port, under any application's name (D-69).
    private var loopbackWarning: HTML {
        guard client.kind == .metadataDocument else {
            return Self.warning(PageText.loopback.html())
        }
        return Self.warning(PageText.loopbackNamed.html(["client": "\(clientName)"]))
    }

    // RFC 8628 §5.4: an attacker starts the flow on a device of his own and sends the code to the victim.
    private static var deviceWarning: HTML { warning(PageText.ownDevice.html()) }

    private static func warning(_ text: HTML) -> HTML {
        "<p class=\"warn\">\(PageIcon.attention)<span>\(text)</span></p>"
    }

    private func item(_ upstream: Upstream) -> HTML {
        let asked: HTML =
            upstream.scopes.isEmpty
            ? .none
            : "<br><span class=\"quiet small\">\(PageText.askingFor)</span> \(ScopeWords.inline(upstream.scopes))"
        switch upstream.need {
        case .required: return "<li><strong>\(upstream.name)</strong>\(asked)</li>"
        case .onDemand:
            return """
                <li><strong>\(upstream.name)</strong> <span class="quiet">\(PageText.onlyWhenNeeded)</span>\(asked)</li>
                """
        case .optional:
            return """
                <li><label class="box"><input type="checkbox" form="\(Self.formID)" name="\(Self.choiceField)" \
                value="\(upstream.name)" checked> <strong>\(upstream.name)</strong></label> \
                <span class="quiet">\(PageText.optional)</span>\(asked)</li>
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
        return scopes.isEmpty ? "<ul><li>\(PageText.knowLogin)</li></ul>" : ScopeWords.list(scopes, words: scopeWords)
    }
}
