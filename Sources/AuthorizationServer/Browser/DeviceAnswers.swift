import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 8628 §3.3: gives a user's decision to the device that waits for it, and tells the user to go back there.
struct DeviceAnswers: Sendable {
    let devices: any DeviceStore
    let pages: PageRenderer

    /// Stores the approval with the hash of the login's code; the device gets its tokens at the next poll.
    ///
    /// - Throws: `access_denied` when the codes have expired in the meantime.
    func approve(
        _ device: DeviceRequest,
        _ code: SHA256Digest,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let decided = try await OAuthError.attempt(
            await devices.decide(device.deviceCode, .approved(code: code), now: context.now).outcome
        )
        guard decided else { throw OAuthError(.accessDenied, "the code of the device has expired") }
        return pages.notice(.deviceApproved, status: .ok)
    }

    /// Stores that the device gets nothing, and explains it to the user.
    func refuse(_ device: DeviceRequest, _ error: OAuthError, _ context: RequestContext) async -> Response {
        do throws(StoreError) {
            _ = try await devices.decide(device.deviceCode, .denied, now: context.now).outcome
        } catch {
            // The codes expire by themselves.
            return pages.error(.overloaded, status: .serviceUnavailable)
        }
        return pages.notice(.deviceRefused(error), status: .ok)
    }
}

extension NoticePage {
    /// The device can continue.
    static var deviceApproved: NoticePage {
        NoticePage(
            title: PageText.deviceApprovedTitle.text(),
            text: "<p>\(PageText.deviceApprovedText)</p>",
            tone: .good,
            leadsToConnections: true
        )
    }

    /// The device gets nothing.
    static func deviceRefused(_ error: OAuthError) -> NoticePage {
        NoticePage(
            title: PageText.deviceRefusedTitle.text(),
            text: """
                <p>\(HTML.english(error.description)).</p><p class="quiet">\(PageText.deviceRefusedRemedy)</p>
                """,
            tone: .neutral
        )
    }
}
