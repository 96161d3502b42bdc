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
        NoticePage(
            title: "\(connection.upstream) is connected",
            text: """
                <p>As <strong>\(connection.accountName ?? connection.account)</strong>. You can close this page and go back \
                to your application.</p>
                """,
            tone: .good,
            leadsToConnections: true
        )
    }

    /// A connection has ended, or could not be ended.
    static func disconnected(_ outcome: ConnectionEnding.Outcome) -> NoticePage {
        let upstream = outcome.connection.upstream
        let provider: HTML =
            switch outcome.provider {
            case .revoked: "The provider has revoked the tokens too."
            case .notOffered:
                "The provider cannot revoke its tokens on request: you can do so in your account’s settings there."
            case .notConfigured:
                "The provider was not asked because it is no longer configured here: end the access in your account there."
            case .failed:
                "<strong>The provider did not confirm</strong> that it revoked the tokens: end the access in your account there."
            }
        return NoticePage(
            title: "\(upstream) is disconnected",
            text: """
                <p>Its tokens are erased here.</p><p>\(provider)</p>
                """,
            tone: outcome.provider == .failed ? .bad : .neutral,
            leadsToConnections: true
        )
    }

    /// The connection to be ended no longer exists.
    static let alreadyDisconnected = NoticePage(
        title: "The connection does not exist",
        text: """
            <p>It has already been ended.</p>
            """,
        tone: .neutral,
        leadsToConnections: true
    )

    /// An application has no access any longer, or none has.
    static func accessRemoved(ofAll isAll: Bool, _ accessTokenLifetime: Duration) -> NoticePage {
        let minutes = max(1, Int(accessTokenLifetime.components.seconds) / 60)
        return NoticePage(
            title: isAll ? "No application has access" : "The application has no access",
            text: """
                <p>Its access has ended here, and it has to ask you again.</p><p class="quiet">A service that does not ask                 this server may accept an earlier token for up to \("\(minutes)") minutes.</p>
                """,
            tone: .neutral,
            leadsToConnections: true
        )
    }

    /// The access to be removed no longer exists.
    static let noSuchAccess = NoticePage(
        title: "The access does not exist",
        text: "<p>It has already ended.</p>",
        tone: .neutral,
        leadsToConnections: true
    )

    /// The user declined to connect.
    static func notConnected(_ upstream: String) -> NoticePage {
        NoticePage(
            title: "\(upstream) was not connected",
            text: "<p>You can close this page and go back to your application.</p>",
            tone: .neutral
        )
    }

    /// The account that signed in is unknown here.
    static func unknownUser(_ upstream: String) -> NoticePage {
        NoticePage(
            title: "Nothing is connected with this account",
            text: """
                <p>You signed in at <strong>\(upstream)</strong>, and this account has not been used with this server \
                yet.</p><p class="quiet">Sign in with the account that you use in your application.</p>
                """
        )
    }

    /// The link is for another person than the user of this browser (D-60).
    static let anotherUser = NoticePage(
        title: "This link is for someone else",
        text: """
            <p>It was created for a different person than the one who is signed in here. Nothing was connected.</p>
            <p class="quiet">If someone sent you the link, do not use it. If you have several accounts, sign out on \
            the page of your connections and follow the link again.</p>
            """,
        leadsToConnections: true
    )

    /// The account at the provider belongs to another user.
    static func accountOfAnotherUser(_ upstream: String) -> NoticePage {
        NoticePage(
            title: "This account belongs to someone else here",
            text: """
                <p>The account that you chose at <strong>\(upstream)</strong> belongs to another person here. Nothing was \
                connected.</p>
                """
        )
    }

    /// Another account was chosen than the one to be widened.
    static func anotherAccount(_ upstream: String) -> NoticePage {
        NoticePage(
            title: "This is a different account",
            text: """
                <p>Choose the same account at <strong>\(upstream)</strong> as before. Nothing was connected.</p>
                """
        )
    }

    /// The provider failed.
    static func upstreamFailed(_ upstream: String, _ error: OAuthError) -> NoticePage {
        NoticePage(
            title: "\(upstream) could not be connected",
            text: """
                <p>\(error.description).</p>\((error.advice ?? .startAgain).paragraph)<p class="quiet">Nothing was \
                changed.</p>
                """
        )
    }
}
