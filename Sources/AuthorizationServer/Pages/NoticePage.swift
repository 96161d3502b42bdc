import OAuthProtocol
import OAuthState

/// A page that reports a result to a person, with a way to continue if there is one.
struct NoticePage: Sendable {
    /// How something ended.
    enum Tone: Sendable {
        case good, bad, neutral

        /// The picture above the heading.
        var picture: HTML {
            switch self {
            case .good: "<div class=\"tone good\">\(PageIcon.check)</div>"
            case .bad: "<div class=\"tone bad\">\(PageIcon.attention)</div>"
            case .neutral: "<div class=\"tone\">\(PageIcon.check)</div>"
            }
        }
    }

    let title: String
    let text: HTML
    /// The result, which determines the picture above the text.
    var tone = Tone.bad
    /// Whether the page links to the user's connections.
    var leadsToConnections = false

    /// An upstream is connected.
    static func connected(_ connection: Connection) -> NoticePage {
        let account: HTML = "<strong>\(connection.accountName ?? connection.account)</strong>"
        return NoticePage(
            title: PageText.connectedTitle.text(["upstream": connection.upstream]),
            text: "<p>\(PageText.connectedText.html(["account": account]))</p>",
            tone: .good,
            leadsToConnections: true
        )
    }

    /// A connection has ended, or could not be ended.
    static func disconnected(_ outcome: ConnectionEnding.Outcome) -> NoticePage {
        let provider: PageText =
            switch outcome.provider {
            case .revoked: .providerRevoked
            case .notOffered: .providerCannotRevoke
            case .notConfigured: .providerNotConfigured
            case .failed: .providerFailed
            }
        return NoticePage(
            title: PageText.disconnectedTitle.text(["upstream": outcome.connection.upstream]),
            text: "<p>\(PageText.tokensErased)</p><p>\(provider)</p>",
            tone: outcome.provider == .failed ? .bad : .neutral,
            leadsToConnections: true
        )
    }

    /// The connection to be ended no longer exists.
    static var alreadyDisconnected: NoticePage {
        neutral(.alreadyDisconnectedTitle, "<p>\(PageText.alreadyDisconnectedText)</p>")
    }

    /// An application has no access any longer, or none has.
    static func accessRemoved(ofAll isAll: Bool, _ accessTokenLifetime: Duration) -> NoticePage {
        let minutes = max(1, Int(accessTokenLifetime.components.seconds) / 60)
        let later = PageText.accessRemovedLater.html(["minutes": "\(String(minutes))"])
        return neutral(
            isAll ? .allAccessRemovedTitle : .accessRemovedTitle,
            "<p>\(PageText.accessRemovedText)</p><p class=\"quiet\">\(later)</p>"
        )
    }

    /// The access to be removed no longer exists.
    static var noSuchAccess: NoticePage { neutral(.noSuchAccessTitle, "<p>\(PageText.noSuchAccessText)</p>") }

    private static func neutral(_ title: PageText, _ text: HTML) -> NoticePage {
        NoticePage(title: title.text(), text: text, tone: .neutral, leadsToConnections: true)
    }

    /// The user declined to connect.
    static func notConnected(_ upstream: String) -> NoticePage {
        NoticePage(
            title: PageText.notConnectedTitle.text(["upstream": upstream]),
            text: "<p>\(PageText.closePage)</p>",
            tone: .neutral
        )
    }

    /// The account that signed in is unknown here.
    static func unknownUser(_ upstream: String) -> NoticePage {
        NoticePage(
            title: PageText.unknownUserTitle.text(),
            text: """
                <p>\(PageText.unknownUserText.html(["upstream": "<strong>\(upstream)</strong>"]))</p>\
                <p class="quiet">\(PageText.unknownUserRemedy)</p>
                """
        )
    }

    /// The link is for another person than the user of this browser (D-60).
    static var anotherUser: NoticePage {
        NoticePage(
            title: PageText.anotherUserTitle.text(),
            text: "<p>\(PageText.anotherUserText)</p><p class=\"quiet\">\(PageText.anotherUserRemedy)</p>",
            leadsToConnections: true
        )
    }

    /// The account at the provider belongs to another user.
    static func accountOfAnotherUser(_ upstream: String) -> NoticePage {
        NoticePage(
            title: PageText.otherOwnerTitle.text(),
            text: "<p>\(PageText.otherOwnerText.html(["upstream": "<strong>\(upstream)</strong>"]))</p>"
        )
    }

    /// Another account was chosen than the one to be widened.
    static func anotherAccount(_ upstream: String) -> NoticePage {
        NoticePage(
            title: PageText.otherAccountTitle.text(),
            text: "<p>\(PageText.otherAccountText.html(["upstream": "<strong>\(upstream)</strong>"]))</p>"
        )
    }

    /// The provider failed.
    static func upstreamFailed(_ upstream: String, _ error: OAuthError) -> NoticePage {
        NoticePage(
            title: PageText.upstreamFailedTitle.text(["upstream": upstream]),
            text: """
                <p>\(HTML.english(error.description)).</p>\((error.advice ?? .startAgain).paragraph)\
                <p class="quiet">\(PageText.nothingChanged)</p>
                """
        )
    }
}
