import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 8628 §3.3: the page for a device's code, and the way from a right code to the question for consent.
///
/// The code alone does nothing: the user always sees which client asks, with a warning about codes that another person
/// sent (RFC 8628 §5.4), and then logs in like for any other client.
struct DeviceVerificationEndpoint: Endpoint {
    let forms: PageForm
    let devices: any DeviceStore
    let admission: AuthorizationAdmission
    let prompt: ConsentPrompt
    let browser: BrowserGround
    let metrics: ServerMetrics

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard request.method == .post else {
            return form(request, code: Self.code(in: request), isWrong: false, context)
        }
        // RFC 8628 §5.1: guessing has to be slow.
        if let refusal = await browser.limit.refusal(context) { return refusal }
        let entered: String
        do throws(PageForm.Refusal) {
            entered = try forms.checked(request, userID: nil, now: context.now).values("user_code").first ?? ""
        } catch {
            switch error {
            case .page(let page, let status): return browser.pages.error(page, status: status)
            }
        }
        do throws(OAuthError) {
            guard let code = UserCode(entered: entered),
                let device = try await OAuthError.attempt(
                    await devices.device(userCode: code.hash, now: context.now)
                )
            else {
                metrics.authorization(result: "unknown_user_code")
                return form(request, code: String(entered.prefix(16)), isWrong: true, context)
            }
            return try await ask(device, code, request, context)
        } catch {
            return browser.pages.error(.overloaded, status: .serviceUnavailable)
        }
    }

    private func ask(
        _ device: DeviceAuthorization,
        _ code: UserCode,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let client: Client
        do {
            client = try await admission.clients.client(continuingAuthorization: device.clientID, context: context)
        } catch {
            return browser.pages.error(ErrorPage(error.problem), status: AuthorizationRefusals.status(error))
        }
        var authorization = AuthorizationRequest(
            clientID: client.id,
            redirectURI: "",
            state: nil,
            // The login's code never leaves, and no verifier has this challenge: only the device's poll redeems it.
            codeChallenge: CodeChallenge(digest: device.deviceCode),
            scopes: device.scopes,
            resource: device.resource,
            clientFingerprint: client.documentFingerprint
        )
        authorization.device = DeviceRequest(deviceCode: device.deviceCode, userCode: code.text)
        let resource = try admission.resources.resource(device.resource)
        let question = ConsentQuestion(request: authorization, client: client, resource: resource)
        return try prompt.page(question, request, context)
    }

    private func form(_ request: Request, code: String, isWrong: Bool, _ context: RequestContext) -> Response {
        do throws(OAuthError) {
            let (ticket, cookie) = try forms.ticket(for: nil, request, now: context.now)
            var response = browser.pages.device(DevicePage(code: code, isWrong: isWrong, ticket: ticket))
            response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
            return response
        } catch {
            return browser.pages.error(.overloaded, status: .serviceUnavailable)
        }
    }

    // Only a text that has the form of a code is shown: the address may come from another person.
    private static func code(in request: Request) -> String {
        guard let query = request.query, let form = try? FormParameters(query: query) else { return "" }
        return form.values("user_code").first.flatMap { UserCode(entered: $0) }?.text ?? ""
    }
}

extension DeviceVerificationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: DevicePage.path,
                name: "device",
                methods: [.method(.get, Self.form), .method(.post, Self.code)],
                origins: .refused
            )
        ]
    }

    private static let form = OpenAPIOperation(
        id: "showDevicePage",
        summary: "Shows the page on which a user enters a device's code (RFC 8628).",
        parameters: [OpenAPIParameter(name: "user_code")],
        responses: [(200, .page("The page")), (503, .page("The page could not be created"))]
    )

    private static let code = OpenAPIOperation(
        id: "enterUserCode",
        summary: "Receives a device's code, and asks for consent.",
        body: .form(required: ["ticket", "user_code"], optional: []),
        responses: [
            (200, .page("The page")), (400, .page("The form is invalid")),
            (403, .page("The form was sent from another site or browser")),
            (429, .page("Too many attempts from this address")), (503, .page("Too many logins at the moment")),
        ]
    )
}
