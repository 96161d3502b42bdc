import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// Keeps other sites from sending our forms (D-54): a sealed value in each form, bound to the browser and its user.
struct PageForm: Sendable {
    let issuer: Issuer
    let sealing: PageSealing
    let cookies: BrowserCookies
    let random: any RandomSource

    /// Why a form is refused.
    enum Refusal: Error {
        case page(ErrorPage, HTTPResponse.Status)
    }

    /// How long a page is valid.
    static let lifetime: Duration = ConsentTicket.lifetime

    /// A value for the forms of a page, and the matching cookie.
    func ticket(
        for userID: UserID?,
        _ request: Request,
        now: Timestamp
    ) throws(OAuthError) -> (ticket: String, cookie: String) {
        // A second tab reuses the browser's value, so that both pages stay valid (CO-2).
        let binding = cookies.browserBinding(request) ?? BrowserBinding(random: random)
        var writer = BinaryWriter(reserving: 64)
        writer.write(binding.hash)
        writer.write(userID) { $0.write($1) }
        writer.write(now + Self.lifetime)
        return (try sealing.seal(writer.bytes, for: .form), cookies.settingBrowserBinding(binding))
    }

    /// The form of a request that comes from our page, in the browser that was shown it, by the same user.
    func checked(_ request: Request, userID: UserID?, now: Timestamp) throws(Refusal) -> FormParameters {
        guard FormOrigin.isOurs(request, issuer: issuer) else { throw .page(.foreignForm, .forbidden) }
        let form: FormParameters
        do { form = try FormBody.parse(request) } catch { throw .page(.badForm, .badRequest) }
        let tickets = form.values("ticket")
        guard tickets.count == 1, let bytes = sealing.open(tickets[0], for: .form) else {
            throw .page(.badForm, .badRequest)
        }
        let (hash, owner, expiry): (SHA256Digest, UserID?, Timestamp)
        do {
            var reader = BinaryReader(bytes)
            hash = try reader.digest()
            owner = try reader.optional { (reader) throws(RecordError) in try reader.identifier() }
            expiry = try reader.timestamp()
        } catch {
            // Sealed by us: only another version's form is unreadable.
            throw .page(.badForm, .badRequest)
        }
        guard let binding = cookies.browserBinding(request), constantTimeEqual(binding.hash.bytes, hash.bytes),
            owner == userID
        else { throw .page(.foreignForm, .forbidden) }
        guard now < expiry else { throw .page(.expired, .badRequest) }
        return form
    }
}
